/**
 * The values that a configuration file is made of. Each schema carries two texts: a description, which goes to the JSON
 * Schema and so into editors, and what is wanted, which completes "<key> must be …" in an error.
 */
import { isIP } from "node:net";
import { z } from "zod";
import { hostNamePattern, uriPattern } from "../core/healthcheck-limits.ts";
import { durationPattern, formatDuration, parseDuration } from "./duration.ts";
import { isTooLong, socketPathBytesMax } from "./socket-path.ts";

/** What a schema wants, e.g. `a duration such as 10s`. */
const wanted = z.registry<{ readonly text: string }>();

/** @returns what `schema` wants, if it or the one that it was made from says so. */
export function wantedOf(schema: z.core.$ZodType): string | undefined {
  return wanted.get(schema)?.text;
}

/** @returns `schema`, from now on with what it wants. */
export function wants<T extends z.ZodType>(schema: T, text: string): T {
  wanted.add(schema, { text });
  return schema;
}

interface About {
  /** For a person who writes the file. */
  readonly about: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** @returns a required key. */
export function required<T extends z.ZodType>(schema: T, about: string): T {
  return schema.meta({ description: about });
}

/** @returns an optional key. The default is told, not applied: a value from an outer level may come first. */
export function optional<T extends z.ZodType>(schema: T, told: About): z.ZodExactOptional<T> {
  const { about, ...rest } = told;
  return z.exactOptional(schema.meta({ description: about, ...rest }));
}

/** Names become metric labels and appear in paths and commands. */
export const namePattern: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export const nameWanted: string =
  "1 to 63 letters, digits, dots, dashes and underscores, a letter or digit first";

export const name: z.ZodType<string> = wants(z.string().regex(namePattern), nameWanted);

export const absolutePath: z.ZodType<string> = wants(z.string().regex(/^\//), "an absolute path");

export const socketPath: z.ZodType<string> = wants(
  z
    .string()
    .regex(/^\/[^\0]*[^/\0]$/)
    .refine((value) => !isTooLong(value)),
  `the absolute path of a socket, at most ${socketPathBytesMax} bytes long`,
);

export const text: z.ZodType<string> = wants(z.string().min(1), "a text that is not empty");

/** Goes into a header or a URL: no space and no line break, such as an editor leaves at the end of a secret's file. */
export const credential: z.ZodType<string> = wants(
  z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  "text without spaces and line breaks",
);

/** What opens the API must not be guessed: 16 characters at least. */
export const token: z.ZodType<string> = wants(
  z.string().regex(/^[\x21-\x7e]{16,4096}$/),
  "text of at least 16 characters without spaces and line breaks",
);

/** Part of the path of a request. */
export const uid: z.ZodType<string> = wants(
  z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  "1 to 128 letters, digits, dashes and underscores",
);

/** A bare number is refused: outside a healthcheck nothing says which unit it would have. */
export const duration: z.ZodType<string> = wants(
  z.string().regex(durationPattern),
  "a duration with a unit, such as 30s, 5m or 1h30m",
);

/** @param minMs shortest accepted, milliseconds @param maxMs longest accepted, milliseconds */
export function durationBetween(minMs: number, maxMs: number, example = "30m"): z.ZodType<string> {
  return wants(
    z
      .string()
      .regex(durationPattern)
      .refine((value) => {
        const ms = parseDuration(value) ?? -1;
        return ms >= minMs && ms <= maxMs;
      }),
    `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, such as ${example}`,
  );
}

/**
 * A duration in a healthcheck: a bare number is in seconds, as in the Exoscale schema.
 * @param minMs shortest accepted, milliseconds @param maxMs longest accepted, milliseconds
 */
export function checkDuration(minMs: number, maxMs: number): z.ZodType<string | number> {
  const inRange = (ms: number | null) => ms !== null && ms >= minMs && ms <= maxMs;
  return wants(
    z.union([
      z
        .string()
        .regex(durationPattern)
        .refine((value) => inRange(parseDuration(value))),
      z
        .number()
        .min(minMs / 1000)
        .max(maxMs / 1000)
        .refine((value) => Number.isInteger(Number((value * 1000).toFixed(6)))),
    ]),
    `a duration such as 10s or a number of seconds, from ${minMs}ms to ${maxMs / 60_000}m`,
  );
}

export function integer(min: number, max: number): z.ZodType<number> {
  return wants(z.int().min(min).max(max), `a whole number from ${min} to ${max}`);
}

export function oneOf<const T extends string>(...values: readonly [T, ...T[]]): z.ZodType<T> {
  return wants(z.literal(values), anyOf(values));
}

/** @returns e.g. `tcp, http or https`. */
export function anyOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

export const uuid: z.ZodType<string> = wants(z.guid(), "a UUID");

export const addressOrId: z.ZodType<string> = wants(
  z.union([z.ipv4(), z.ipv6(), z.guid()]),
  "an IP address or the UUID of an Elastic IP",
);

export const host: z.ZodType<string> = wants(
  z.string().refine((value) => (isIP(value) !== 0 && !value.includes("%")) || hostNamePattern.test(value)),
  "an IP address or a host name, without scheme or port",
);

export const uri: z.ZodType<string> = wants(
  z.string().regex(uriPattern),
  "a path that starts with /, is percent-encoded and has no fragment",
);

export const listen: z.ZodType<string> = wants(
  z
    .string()
    .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/)
    .refine((value) => parseListen(value) !== null),
  "host:port, such as 127.0.0.1:9787 or [::1]:9787",
);

/** @returns the parts of `host:port`, an IPv6 address without its brackets, or null. */
export function parseListen(value: string): { host: string; port: number } | null {
  const colon = value.lastIndexOf(":");
  const host = value.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const port = Number(value.slice(colon + 1));
  const valid = value.startsWith("[") ? isIP(host) === 6 : isIP(host) === 4 || hostNamePattern.test(host);
  return valid && port <= 65_535 ? { host, port } : null;
}

export const endpoint: z.ZodType<string> = wants(
  z
    .string()
    .regex(/^https?:\/\//)
    .refine((value) => {
      const url = URL.parse(value);
      return url !== null && url.username + url.password + url.search + url.hash === "";
    }),
  "an http or https URL without user, query and fragment",
);

/** @returns host and port of `tcp://host:port`, or null. */
export function parseCanary(text: string): { readonly host: string; readonly port: number } | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== "tcp:" || url.hostname === "" || url.port === "") return null;
  if (url.pathname.length > 1 || url.search !== "" || url.hash !== "" || url.username !== "") return null;
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port) };
}
