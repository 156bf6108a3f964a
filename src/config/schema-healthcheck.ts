/**
 * The healthcheck of the configuration file: Exoscale's keys, so that one can be pasted, and a few more.
 *
 * The limits here are our own. They are wider than Exoscale's, and a value between the two is a warning: interval 100 ms
 * (ten probes a second are no more than a health page can bear) to 1 hour, timeout 50 ms (below that a busy but sound
 * server fails) to 10 minutes, strikes 1 to 20 as in Exoscale's schema.
 */
import { z } from "zod";
import { healthcheckModes, healthcheckNumbers, hostNamePattern } from "../core/healthcheck-limits.ts";
import { fromElasticIp } from "./config.ts";
import type { BrownOutFile, HealthcheckFile } from "./file-shape.ts";
import { checkDuration, integer, oneOf, optional, required, text, uri, wants } from "./schema-values.ts";

const statusPattern = /^[1-5]\d\d(?:-[1-5]\d\d)?$/;
const status = z.union([z.int().min(100).max(599), z.string().regex(statusPattern)]);
const expectStatus = wants(
  z.union([status, z.array(status).min(1).max(50)]),
  "a status such as 200, a range such as 200-299, or a list of those",
);

/** RFC 9110: a token, then anything but control characters. Node sends headers as Latin-1. */
export const headerName: RegExp = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

const headerKey = wants(z.string().regex(headerName), "1 to 128 letters, digits and dashes");
const headerValue = wants(
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]{0,4096}$/),
  "one line of Latin-1 text of at most 4096 characters",
);

const interval = checkDuration(100, 3_600_000);
const flag = wants(z.boolean(), "true or false");

const limits = healthcheckNumbers;

const shape = {
  mode: optional(oneOf(...healthcheckModes), {
    about: "How the target is probed. Required on some level.",
  }),
  port: optional(integer(limits.port.min, limits.port.max), {
    about: "Port that is probed. Required on some level.",
  }),
  uri: optional(uri, {
    about: "Path that is asked for with http and https; it should be a health page.",
    default: "/",
  }),
  interval: optional(interval, {
    about: "Time from the start of one probe to the start of the next. Exoscale: 5s to 300s.",
    default: `${limits.interval.default}s`,
  }),
  timeout: optional(checkDuration(50, 600_000), {
    about: "Deadline of one probe, name resolution and body included. Exoscale: 2s to 60s.",
    default: `${limits.timeout.default}s`,
  }),
  "strikes-ok": optional(integer(limits["strikes-ok"].min, limits["strikes-ok"].max), {
    about: "Consecutive passes that make a member healthy.",
    default: limits["strikes-ok"].default,
  }),
  "strikes-fail": optional(integer(limits["strikes-fail"].min, limits["strikes-fail"].max), {
    about: "Consecutive fails that make a member unhealthy.",
    default: limits["strikes-fail"].default,
  }),
  "m-of-n": optional(
    wants(
      z.strictObject({
        fails: required(integer(2, 100), "m: so many fails make a brown-out."),
        of: required(integer(3, 100), "n: of so many probes."),
        action: optional(oneOf("warn", "move"), {
          about: "warn: say so, no more. move: the address may be moved off the member.",
          default: "warn",
        }),
      } satisfies Record<keyof BrownOutFile, z.ZodType>),
      "a mapping such as { fails: 6, of: 20 }",
    ),
    { about: "Beside the strikes: too many fails among the last probes are a brown-out. Default: none." },
  ),
  "tls-sni": optional(wants(z.string().regex(hostNamePattern), "a host name"), {
    about: "Server name that is sent and verified with https. Default: the host, if it is a name.",
  }),
  "tls-skip-verify": optional(flag, {
    about: "Accept any certificate with https, also one that has expired.",
    default: false,
  }),
  "tls-ca": optional(text, {
    about: "PEM file of the authorities to trust instead of the public ones, from the folder of this file.",
  }),
  "expect-status": optional(expectStatus, {
    about: "Statuses that pass; redirects are not followed. The default is Exoscale's own rule.",
    default: "100-399",
  }),
  "expect-body": optional(text, { about: "Text that the first 64 KiB of the body must contain." }),
  headers: optional(z.record(headerKey, headerValue), {
    about: "Further request headers. They replace those of an outer level as a whole.",
    default: {},
  }),
  "host-header": optional(
    wants(z.string().regex(/^[A-Za-z0-9.\-_:[\]]{1,255}$/), "a host name, with a port if need be"),
    { about: "Host header. Default: the host, with the port when it is not the scheme's own." },
  ),
  method: optional(oneOf("GET", "HEAD", "OPTIONS"), { about: "Request method.", default: "GET" }),
  reuse: optional(wants(z.boolean(), "true or false"), {
    about:
      "Send the next request over the same connection with http and https, for up to 1m. During that time it does not notice that no new connection is accepted.",
    default: false,
  }),
  resume: optional(wants(z.boolean(), "true or false"), {
    about:
      "Resume the TLS session with https, for up to 1h. During that time it does not notice another certificate, though it does when the old one expires.",
    default: false,
  }),
  "fast-interval": optional(interval, { about: "Interval while a strike counts. Default: the interval." }),
  watch: optional(flag, {
    about: "Keep an idle connection to the port open: when it is cut, a probe follows at once.",
    default: false,
  }),
} satisfies Record<keyof HealthcheckFile, z.ZodType>;

const mapping = z
  .strictObject(shape)
  .meta({ id: "healthcheck", description: "What is probed, how often, and what counts as an answer." });

export const healthcheck: z.ZodType<HealthcheckFile | typeof fromElasticIp> = wants(
  z.union([z.literal(fromElasticIp), mapping]).meta({
    description:
      "What is probed, how often, and what counts as an answer. from-elastic-ip: as the healthcheck says that is stored with the Elastic IP, with all its changes; Exoscale only.",
  }),
  "a mapping with mode, port and so on, or from-elastic-ip",
);
