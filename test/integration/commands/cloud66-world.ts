/** A Cloud 66 account with one elastic address on a scripted server, in each dialect of the API. */
import type { ChangeOptions, UpdateOptions } from "../../../src/cli/cloud66/change-options.ts";
import type { Cloud66Options } from "../../../src/cli/cloud66/session.ts";
import type { Reply } from "../providers/scripted-server.ts";
import { Stage } from "./stage.ts";

export const uid = "fg-abc123";
export const fresh = "fg-new";

export interface Dialect {
  readonly path: string;
  readonly primary: number | string;
  readonly secondary: number | string;
  group(current: "primary" | "secondary", more?: object): object;
}

export const endpointPages: Dialect = {
  path: "/api/3/elastic_addresses",
  primary: "primary",
  secondary: "secondary",
  group: (current, more = {}) => ({
    id: 7,
    uid,
    address: "203.0.113.9",
    primary_stack: "p-uid",
    secondary_stack: "s-uid",
    current_stack: current,
    status: "active",
    ...more,
  }),
};
export const modelFields = (current: number | string, more: object): object => ({
  uid,
  address: "shop.c66.me",
  current_stack: current,
  primary_stack_uid: "p-uid",
  primary_stack_name: "shop-eu",
  secondary_stack_uid: "s-uid",
  secondary_stack_name: "shop-us",
  busy_toggling: false,
  readonly: false,
  ...more,
});
export const modelPages: Dialect = {
  ...endpointPages,
  group: (current, more = {}) => modelFields(current, more),
};
export const older: Dialect = {
  path: "/api/3/failover_groups",
  primary: 1,
  secondary: 2,
  group: (current, more = {}) => modelFields(current === "primary" ? 1 : 2, more),
};
export const dialects: readonly (readonly [string, Dialect])[] = [
  ["of the endpoint pages", endpointPages],
  ["of the model pages", modelPages],
  ["of the older pages", older],
];

export function list(...groups: object[]): Reply {
  return { json: { response: groups, count: groups.length } };
}
export const said = (ok: boolean, message = "any words"): Reply => ({ json: { response: { ok, message } } });

export async function stageOf(dialect: Dialect, ...replies: Reply[]): Promise<Stage> {
  const stage = await Stage.open();
  if (dialect === older) stage.server.on("GET /api/3/elastic_addresses", { status: 404 });
  stage.server.on(
    `GET ${dialect.path}`,
    ...(replies.length === 0 ? [list(dialect.group("primary"))] : replies),
  );
  return stage;
}

export const asks: Cloud66Options = { json: false };
export const sends: ChangeOptions = { json: false, wait: true, timeout: "3m", yes: true };
export const update: UpdateOptions = { ...sends, removePrimary: false, removeSecondary: false };
