/** Exoscale in the config: an account and zone, an Elastic IP for a group, an instance for a member. */
import { z } from "zod";
import type { Kind } from "../../config/kind.ts";
import { canonicalHost } from "../../config/ip.ts";
import { baseUrl, checkEndpoint } from "../../config/rules-endpoint.ts";
import {
  addressOrId,
  credential,
  endpoint,
  optional,
  required,
  uuid,
  wants,
} from "../../config/schema-values.ts";
import { Secret } from "../../config/secret.ts";
import { exoscaleZoneName, exoscaleZones } from "../../core/exoscale-zones.ts";

export interface ExoscaleFile {
  readonly type: "exoscale";
  /** e.g. `ch-gva-2`. */
  readonly zone: string;
  readonly "api-key": string;
  readonly "api-secret": string;
  /** Base URL with `/v2`. Default `https://api-<zone>.exoscale.com/v2`. */
  readonly endpoint?: string;
}

export interface ExoscaleConfig {
  readonly type: "exoscale";
  readonly name: string;
  /** e.g. `ch-gva-2`. Elastic IPs and instances are local to a zone. */
  readonly zone: string;
  readonly apiKey: Secret;
  readonly apiSecret: Secret;
  /** Base URL with `/v2`. Default `https://api-<zone>.exoscale.com/v2`. */
  readonly endpoint: string;
}

/** Others are accepted with a warning, since zones get added. */
const knownZones: readonly string[] = exoscaleZones;

const zone = wants(z.string().regex(exoscaleZoneName), "the name of a zone, such as ch-gva-2");

export const exoscale: Kind<ExoscaleFile, ExoscaleConfig> = {
  file: z.strictObject({
    type: required(z.literal("exoscale"), "Exoscale Elastic IPs."),
    zone: required(zone, "Zone of the Elastic IPs and of the instances; one provider is one zone.").meta({
      examples: [...knownZones],
    }),
    "api-key": required(credential, "API key, best as ${env:EXOSCALE_API_KEY}."),
    "api-secret": required(credential, "API secret, best as ${file:/path} or ${env:EXOSCALE_API_SECRET}."),
    endpoint: optional(endpoint, {
      about: "Base URL with /v2. Default: https://api-<zone>.exoscale.com/v2. Plain http only to loopback.",
    }),
  } satisfies Record<keyof ExoscaleFile, z.ZodType>),
  title: "Exoscale",
  secrets: ["api-key", "api-secret"],
  address: {
    key: "elastic-ip",
    value: addressOrId,
    about: "The Elastic IP, as address or id. Exoscale only.",
    canonical: canonicalHost,
  },
  holder: {
    key: "instance",
    value: uuid,
    about: "UUID of the instance. Exoscale only.",
    canonical: (id) => id.toLowerCase(),
  },
  manner: () => ({ flip: null, dnsTtlMs: null }),
  check: (context, file, path) => {
    checkEndpoint(context, [...path, "endpoint"], file.endpoint, "/v2");
    if (knownZones.includes(file.zone)) return;
    const at = [...path, "zone"];
    const text = `zone ${context.quote(at)} is not known to this version: known are ${knownZones.join(", ")}`;
    context.warning("zone-unknown", at, text);
  },
  resolve: (name, file) => ({
    type: "exoscale",
    name,
    zone: file.zone,
    apiKey: new Secret(file["api-key"]),
    apiSecret: new Secret(file["api-secret"]),
    endpoint: baseUrl(file.endpoint ?? `https://api-${file.zone}.exoscale.com/v2`),
  }),
  identity: (account) => [account.endpoint, account.zone],
};
