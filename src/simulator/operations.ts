/**
 * The operations that are simulated. Exoscale's have the operationIds of its OpenAPI description; Cloud 66 names none, so
 * its names are ours. Fault scripts and the request log use them.
 */
export const operationNames = [
  "list-zones",
  "list-elastic-ips",
  "get-elastic-ip",
  "attach-instance-to-elastic-ip",
  "detach-instance-from-elastic-ip",
  "list-instances",
  "get-instance",
  "get-operation",
  "ping-auth",
  "list-failover-groups",
  "update-failover-group",
  "get-stack",
] as const;

export type OperationName = (typeof operationNames)[number];

/** Why an Exoscale operation failed. Source: `operation.reason` in Exoscale's OpenAPI description. */
export const operationReasons = [
  "busy",
  "conflict",
  "fault",
  "forbidden",
  "incorrect",
  "interrupted",
  "not-found",
  "partial",
  "unavailable",
  "unknown",
  "unsupported",
] as const;
