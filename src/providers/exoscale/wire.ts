/**
 * The parts of Exoscale's answers that we use, read leniently: unknown fields are ignored, optional ones may be absent or
 * null. Only what a decision rests on is required. Source: OpenAPI description of the API v2.
 */
import { z } from "zod";

export interface ElasticIp {
  readonly id: string;
  /** Null: an IPv6 address that is described by its `cidr` only. */
  readonly ip: string | null;
  /** IPv6 only, a /96. */
  readonly cidr: string | null;
  /** True when Exoscale itself routes by a healthcheck. */
  readonly managed: boolean;
}

export interface Instance {
  readonly id: string;
  readonly name: string | null;
  /** `running`, `stopped`, … or null when absent. */
  readonly state: string | null;
  readonly elasticIps: readonly { readonly id: string; readonly ip: string | null }[];
}

/** `state` is `pending`, `success`, `failure`, `timeout`, or a word that is newer than this program. */
export interface Operation {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

const elasticIp = z
  .object({ id: z.string(), ip: text, cidr: text, healthcheck: z.unknown().optional() })
  .transform(({ id, ip, cidr, healthcheck }) => ({
    id,
    ip,
    cidr,
    managed: healthcheck !== undefined && healthcheck !== null,
  }));

const instance = z
  .object({
    id: z.string(),
    name: text,
    state: text,
    "elastic-ips": z.array(z.object({ id: z.string(), ip: text })).nullish(),
  })
  .transform(({ id, name, state, "elastic-ips": elasticIps }) => ({
    id,
    name,
    state,
    elasticIps: elasticIps ?? [],
  }));

export const elasticIpSchema: z.ZodType<ElasticIp> = elasticIp;

export const elasticIpListSchema: z.ZodType<readonly ElasticIp[]> = z
  .object({ "elastic-ips": z.array(elasticIp) })
  .transform((answer) => answer["elastic-ips"]);

export const instanceSchema: z.ZodType<Instance> = instance;

/** Items of a list have no `elastic-ips`, so nothing but the id is taken from them. */
export const instanceIdsSchema: z.ZodType<readonly string[]> = z
  .object({ instances: z.array(z.object({ id: z.string() })) })
  .transform((answer) => answer.instances.map(({ id }) => id));

export const operationSchema: z.ZodType<Operation> = z.object({
  id: z.string(),
  state: z.string(),
  reason: text,
  message: text,
});

export const zoneNamesSchema: z.ZodType<readonly string[]> = z
  .object({ zones: z.array(z.object({ name: z.string() })) })
  .transform((answer) => answer.zones.map(({ name }) => name));

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
