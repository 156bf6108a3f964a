/** How failover groups, stacks and refusals look on the wire, in each of the three forms that Cloud 66's own pages describe. */
import type { ApiAnswer } from "./api.ts";
import type { Cloud66State, FailoverGroup } from "./cloud66-state.ts";
import type { Dialect, Side, StackSpec } from "./spec.ts";

/** Where the failover groups are listed, below `/api/3`. Any other path is not found. */
export const listPaths: { readonly [D in Dialect]: string } = {
  "elastic-addresses": "/elastic_addresses",
  "elastic-addresses-model": "/elastic_addresses",
  "failover-groups": "/failover_groups",
};

const createdAt = "2026-01-01T00:00:00Z";

/** @returns the side that `current_stack` names in this dialect, or null: only the dialect's own form is understood. */
export function readSide(dialect: Dialect, value: unknown): Side | null {
  if (dialect === "failover-groups") return value === 1 ? "primary" : value === 2 ? "secondary" : null;
  return value === "primary" || value === "secondary" ? value : null;
}

/** @param readonly Whether the token that asks may not edit the group. The endpoint pages do not show it. */
export function groupBody(state: Cloud66State, group: FailoverGroup, readonly: boolean): unknown {
  const { dialect } = state.spec;
  const dates = { created_at: group.createdAt, updated_at: group.updatedAt };
  if (dialect === "elastic-addresses") {
    return {
      id: group.id,
      uid: group.uid,
      address: group.address,
      primary_stack: group.primary,
      secondary_stack: group.secondary,
      current_stack: group.current,
      status: "active",
      cloud: "simulated",
      region: "loopback",
      ...dates,
    };
  }
  const nameOf = (uid: string | null): string | null =>
    uid === null ? null : (state.stack(uid)?.name ?? null);
  return {
    uid: group.uid,
    address: group.address,
    current_stack:
      dialect === "failover-groups" ? { primary: 1, secondary: 2 }[group.current] : group.current,
    primary_stack_uid: group.primary,
    primary_stack_name: nameOf(group.primary),
    secondary_stack_uid: group.secondary,
    secondary_stack_name: nameOf(group.secondary),
    busy_toggling: group.busy,
    readonly,
    ...dates,
  };
}

export function stackBody(stack: StackSpec): unknown {
  return {
    uid: stack.uid,
    name: stack.name,
    environment: "production",
    fqdn: stack.fqdn,
    status: stack.status,
    health: stack.health,
    maintenance_mode: stack.maintenanceMode,
    is_busy: stack.status === 5 || stack.status === 6,
    created_at: createdAt,
    updated_at: createdAt,
  };
}

export function response(body: unknown): ApiAnswer {
  return { status: 200, body: { response: body } };
}

export function failed(status: number, details: string, note: string = details): ApiAnswer {
  return { status, body: errorBody(status, details), note };
}

const errorNames: Readonly<Record<number, string>> = {
  400: "bad_request",
  401: "invalid_token",
  403: "forbidden",
  404: "not_found",
  422: "unprocessable_entity",
  503: "service_unavailable",
};

export function errorBody(status: number, details: string): unknown {
  const error = errorNames[status] ?? "error";
  return { error, error_description: error.replaceAll("_", " "), details };
}
