/**
 * The parts of Exoscale's answers that we use, read leniently: unknown fields are ignored, optional ones may be absent or
 * null. Only what a decision rests on is required. Source: OpenAPI description of the API v2.
 */
import { z } from "zod";

import { healthcheckSchema, type ElasticIpHealthcheck } from "./healthcheck.ts";

export interface ElasticIp {
  readonly id: string;
  /** Null: an IPv6 address that is described by its `cidr` only. */
  readonly ip: string | null;
  /** IPv6 only, a /96. */
  readonly cidr: string | null;
  /** True when Exoscale itself routes by a healthcheck. */
  readonly managed: boolean;
  /** Null: it has none, or one that is younger than this program; `managed` tells. */
  readonly healthcheck: ElasticIpHealthcheck | null;
  /** `inet4` or `inet6`. Null: not said. */
  readonly addressFamily: string | null;
  /** Null: none. */
  readonly description: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** As a list has it: without its Elastic IPs, so that nobody can take it for an instance that has none. */
export interface ListedInstance {
  readonly id: string;
  readonly name: string | null;
  /** `running`, `stopped`, … or null when absent. */
  readonly state: string | null;
  readonly publicIp: string | null;
  readonly ipv6Address: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** As the API writes it, ISO 8601. */
  readonly createdAt: string | null;
}

export interface Instance extends ListedInstance {
  readonly elasticIps: readonly { readonly id: string; readonly ip: string | null }[];
}

/** `state` is `pending`, `success`, `failure`, `timeout`, or a word that is newer than this program. */
export interface Operation {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  /** What it works on. Null: not said. */
  readonly reference: {
    readonly id: string | null;
    readonly link: string | null;
    readonly command: string | null;
  } | null;
}

export interface Zone {
  readonly name: string;
  /** Base URL of its API, with `/v2`, or null. */
  readonly apiEndpoint: string | null;
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

/** For people only: one that is not as expected must not make a reading fail. */
const said = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .catch(null)
  .transform((value) => value ?? {});

const elasticIp = z
  .object({
    id: z.string(),
    ip: text,
    cidr: text,
    addressfamily: said,
    description: said,
    labels,
    healthcheck: z.unknown().optional(),
  })
  .transform(({ addressfamily, healthcheck, ...rest }) => {
    const managed = healthcheck !== undefined && healthcheck !== null;
    const known = healthcheckSchema.safeParse(healthcheck);
    return {
      ...rest,
      addressFamily: addressfamily,
      managed,
      healthcheck: known.success ? known.data : null,
    };
  });

const listedShape = {
  id: z.string(),
  name: text,
  state: text,
  "public-ip": said,
  "ipv6-address": said,
  labels,
  "created-at": said,
};
const listed = z.object(listedShape).transform(listedOf);

function listedOf(raw: z.output<z.ZodObject<typeof listedShape>>): ListedInstance {
  const { id, name, state, labels } = raw;
  const [publicIp, ipv6Address, createdAt] = [raw["public-ip"], raw["ipv6-address"], raw["created-at"]];
  return { id, name, state, publicIp, ipv6Address, labels, createdAt };
}

export const elasticIpSchema: z.ZodType<ElasticIp> = elasticIp;

export const elasticIpListSchema: z.ZodType<readonly ElasticIp[]> = z
  .object({ "elastic-ips": z.array(elasticIp) })
  .transform((answer) => answer["elastic-ips"]);

export const instanceSchema: z.ZodType<Instance> = z
  .object({
    ...listedShape,
    "elastic-ips": z.array(z.object({ id: z.string(), ip: text })).nullish(),
  })
  .transform((raw) => ({ ...listedOf(raw), elasticIps: raw["elastic-ips"] ?? [] }));

export const instanceListSchema: z.ZodType<readonly ListedInstance[]> = z
  .object({ instances: z.array(listed) })
  .transform(({ instances }) => instances);

/** For the daemon, which wants nothing but the id: what it does not use must not make a reading fail. */
export const instanceIdsSchema: z.ZodType<readonly string[]> = z
  .object({ instances: z.array(z.object({ id: z.string() })) })
  .transform((answer) => answer.instances.map(({ id }) => id));

export const operationSchema: z.ZodType<Operation> = z.object({
  id: z.string(),
  state: z.string(),
  reason: text,
  message: text,
  reference: z
    .object({ id: said, link: said, command: said })
    .nullish()
    .catch(null)
    .transform((value) => value ?? null),
});

export const zoneListSchema: z.ZodType<readonly Zone[]> = z
  .object({ zones: z.array(z.object({ name: z.string(), "api-endpoint": text })) })
  .transform(({ zones }) => zones.map((zone) => ({ name: zone.name, apiEndpoint: zone["api-endpoint"] })));

/** @returns true for what may be an id: what else names a thing, an address or a name, is none. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** `{"message"}`, with or without `errors`, or problem details (RFC 9457). */
const errorBody = z.object({
  message: text,
  errors: z
    .array(z.object({ message: text }))
    .nullish()
    .catch(null),
  title: text,
  detail: text,
});

/** @returns the words of an error answer, or null. */
export function errorMessage(json: unknown): string | null {
  const parsed = errorBody.safeParse(json);
  if (!parsed.success) return null;
  const { message, errors, title, detail } = parsed.data;
  const parts = [message, ...(errors ?? []).map((error) => error.message), title, detail];
  const said = [...new Set(parts.filter((part) => part !== null && part !== ""))].join("; ");
  return said === "" ? null : said;
}
