/** What can be written of an Elastic IP, and what Exoscale's schema does not allow there. */
import { healthcheckJson, healthcheckProblems, type ElasticIpHealthcheck } from "./healthcheck.ts";

/** What is absent is not sent, and stays as it is. */
export interface ElasticIpFields {
  /** At most 255 characters. */
  readonly description?: string;
  readonly healthcheck?: ElasticIpHealthcheck;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface NewElasticIp extends ElasticIpFields {
  /** Default `inet4`, an IPv4 address; `inet6` is a /96. It cannot be changed later. */
  readonly addressFamily?: AddressFamily;
}

export type AddressFamily = "inet4" | "inet6";
export const addressFamilies: readonly AddressFamily[] = ["inet4", "inet6"];

/** The fields that can be set back to their default. */
export const resetFields = ["description"] as const;
export type ResetField = (typeof resetFields)[number];

/** Characters. */
const descriptionMax = 255;

/** @returns the body of a request. */
export function fieldsJson({
  description,
  healthcheck,
  labels,
}: ElasticIpFields): Readonly<Record<string, unknown>> {
  return {
    ...(description === undefined ? {} : { description }),
    ...(healthcheck === undefined ? {} : { healthcheck: healthcheckJson(healthcheck) }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/** @returns what Exoscale's schema does not allow, one sentence each; empty when it may be sent. */
export function fieldProblems({ description = "", healthcheck }: ElasticIpFields): readonly string[] {
  return [
    ...(description.length <= descriptionMax
      ? []
      : [
          `description must have at most ${descriptionMax} characters (Elastic IP description): got ${description.length}`,
        ]),
    ...(healthcheck === undefined ? [] : healthcheckProblems(healthcheck)),
  ];
}
