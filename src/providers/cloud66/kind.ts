/** Cloud 66 in the config: an account, a failover group for a group, one of its two stacks for a member. */
import { z } from "zod";
import type { Kind } from "../../config/kind.ts";
import { baseUrl, checkEndpoint } from "../../config/rules-endpoint.ts";
import { credential, endpoint, oneOf, optional, required, uid } from "../../config/schema-values.ts";
import { Secret } from "../../config/secret.ts";

export interface Cloud66File {
  readonly type: "cloud66";
  readonly token: string;
  /** Base URL with `/api/3`. Default `https://app.cloud66.com/api/3`. */
  readonly endpoint?: string;
  /** Sent as `X-Account`. Default: the token's own account. */
  readonly account?: string;
  /** Default `auto`: `/elastic_addresses`, once `/failover_groups` when that is not found. */
  readonly path?: "auto" | "/elastic_addresses" | "/failover_groups";
}

export interface Cloud66Config {
  readonly type: "cloud66";
  readonly name: string;
  readonly token: Secret;
  /** Base URL with `/api/3`. Default `https://app.cloud66.com/api/3`. */
  readonly endpoint: string;
  /** Sent as `X-Account`. Null: the token's own account. */
  readonly account: string | null;
  /** Path of the failover groups. `auto`: `/elastic_addresses`, and once `/failover_groups` when that is not found. */
  readonly path: "auto" | "/elastic_addresses" | "/failover_groups";
}

/** Time to live of Cloud 66's failover names (its documentation). */
const dnsTtlMs = 300_000;

export const cloud66: Kind<Cloud66File, Cloud66Config> = {
  file: z.strictObject({
    type: required(z.literal("cloud66"), "Cloud 66 failover groups."),
    token: required(credential, "Access token with scope admin, best as ${env:CLOUD66_ACCESS_TOKEN}."),
    endpoint: optional(endpoint, {
      about: "Base URL with /api/3. Plain http only to loopback.",
      default: "https://app.cloud66.com/api/3",
    }),
    account: optional(credential, {
      about: "Account id, sent as X-Account. Default: the token's own account.",
    }),
    path: optional(oneOf("auto", "/elastic_addresses", "/failover_groups"), {
      about:
        "Path of the failover groups. auto: /elastic_addresses, and once /failover_groups when that is not found.",
      default: "auto",
    }),
  } satisfies Record<keyof Cloud66File, z.ZodType>),
  title: "Cloud 66",
  secrets: ["token"],
  address: { key: "failover-group", value: uid, about: "The uid of the failover group. Cloud 66 only." },
  holder: {
    key: "stack",
    value: oneOf("primary", "secondary"),
    about: "Which stack of the failover group. Cloud 66 only.",
  },
  manner: () => ({ flip: "Cloud 66", dnsTtlMs }),
  check: (context, file, path) => checkEndpoint(context, [...path, "endpoint"], file.endpoint, "/api/3"),
  resolve: (name, file) => ({
    type: "cloud66",
    name,
    token: new Secret(file.token),
    endpoint: baseUrl(file.endpoint ?? "https://app.cloud66.com/api/3"),
    account: file.account ?? null,
    path: file.path ?? "auto",
  }),
  identity: (account) => [account.endpoint, account.account],
};
