/**
 * What Exoscale accepts in a request: bodies and query arguments, with the ranges and defaults of its OpenAPI description.
 * Unknown fields are ignored, as they are there. The healthcheck has the same shape in a world file.
 */
import { z } from "zod";
import { uuid } from "./file-values.ts";

/** Seconds and ranges as in `elastic-ip-healthcheck`; the defaults are those that its descriptions name. */
const healthcheckKeys = {
  mode: z.enum(["tcp", "http", "https"]),
  port: z.int().min(1).max(65_535),
  interval: z.int().min(5).max(300).default(10),
  timeout: z.int().min(2).max(60).default(2),
  "strikes-ok": z.int().min(1).max(20).default(2),
  "strikes-fail": z.int().min(1).max(20).default(3),
  uri: z.string().min(1).max(255).optional(),
  "tls-sni": z.string().min(1).max(255).optional(),
  "tls-skip-verify": z.boolean().optional(),
};

/** In a world file, where a misspelt key is an error. */
export const strictHealthcheck: z.ZodType<Readonly<Record<string, unknown>>> =
  z.strictObject(healthcheckKeys);

const healthcheck: z.ZodType<Readonly<Record<string, unknown>>> = z.object(healthcheckKeys);

const description = z.string().max(255);
export const labelMap: z.ZodType<Readonly<Record<string, string>>> = z.record(z.string(), z.string());

/** What an update may change; what is not given stays. */
export interface ElasticIpChange {
  readonly description?: string | undefined;
  readonly healthcheck?: Readonly<Record<string, unknown>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const changeKeys = {
  description: description.optional(),
  healthcheck: healthcheck.optional(),
  labels: labelMap.optional(),
};

export const updateBody: z.ZodType<ElasticIpChange> = z.object(changeKeys);

export const createBody: z.ZodType<ElasticIpChange & { readonly addressfamily: "inet4" | "inet6" }> =
  z.object({ ...changeKeys, addressfamily: z.enum(["inet4", "inet6"]).default("inet4") });

/** Of attach and detach. */
export const moveBody: z.ZodType<{ readonly instance: { readonly id: string } }> = z.object({
  instance: z.object({ id: uuid }),
});

export const domainName: z.ZodType<string> = z.string().min(1).max(253);

export const reverseDnsBody: z.ZodType<{ readonly "domain-name": string }> = z.object({
  "domain-name": domainName,
});

/** The query arguments of `GET /instance`. */
export interface InstanceQuery {
  readonly "ip-address"?: string | undefined;
  readonly "manager-id"?: string | undefined;
  readonly "manager-type"?: string | undefined;
  /** `key=value`, several with commas between them. */
  readonly labels?: string | undefined;
}

export const instanceQuery: z.ZodType<InstanceQuery> = z.object({
  "ip-address": z.string().optional(),
  "manager-id": uuid.optional(),
  "manager-type": z.enum(["instance-pool"]).optional(),
  labels: z.string().optional(),
});
