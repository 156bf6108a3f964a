/**
 * The operations that are simulated. Exoscale's have the operationIds of its OpenAPI description; Cloud 66 names none, so
 * its names are ours. Fault scripts and the request log use them.
 */
export const exoscaleOperationNames = [
  "list-zones",
  "create-elastic-ip",
  "list-elastic-ips",
  "get-elastic-ip",
  "update-elastic-ip",
  "reset-elastic-ip-field",
  "delete-elastic-ip",
  "attach-instance-to-elastic-ip",
  "detach-instance-from-elastic-ip",
  "get-reverse-dns-elastic-ip",
  "update-reverse-dns-elastic-ip",
  "delete-reverse-dns-elastic-ip",
  "list-instances",
  "get-instance",
  "get-operation",
] as const;

export type ExoscaleOperationName = (typeof exoscaleOperationNames)[number];

const cloud66OperationNames = [
  "ping-auth",
  "list-failover-groups",
  "create-failover-group",
  "update-failover-group",
  "delete-failover-group",
  "get-stack",
] as const;

export type OperationName = ExoscaleOperationName | (typeof cloud66OperationNames)[number];

export const operationNames: readonly OperationName[] = [...exoscaleOperationNames, ...cloud66OperationNames];

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

export type OperationReason = (typeof operationReasons)[number];
