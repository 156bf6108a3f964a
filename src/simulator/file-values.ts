/** The values that a world file uses in many places: durations, endpoints, names of operations. */
import { z } from "zod";
import type { Endpoint } from "./spec.ts";

const dayMs = 86_400_000;
const unitsMs = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** `400ms`, `1.5s`, `5m`, `1h`; milliseconds, at most 24 hours. */
export const duration: z.ZodType<number> = durationOf(/^(\d+(?:\.\d+)?)(ms|s|m|h)$/);

/** As `duration`, with a minus before it where time runs the other way: `-15m`. */
export const signedDuration: z.ZodType<number> = durationOf(/^(-?\d+(?:\.\d+)?)(ms|s|m|h)$/);

function durationOf(form: RegExp): z.ZodType<number> {
  return z
    .string({ error: (issue) => `expected a duration such as 400ms or 2s, got ${shown(issue.input)}` })
    .transform((text, context) => {
      const match = form.exec(text);
      const unitMs = unitsMs.get(match?.[2] ?? "");
      if (match === null || unitMs === undefined) {
        context.addIssue(`expected a duration such as 400ms or 2s, got ${shown(text)}`);
        return z.NEVER;
      }
      const ms = Number(match[1]) * unitMs;
      if (Math.abs(ms) > dayMs) context.addIssue(`expected at most 24h, got ${shown(text)}`);
      return ms;
    });
}

/** `127.0.0.1:9711`, `[::1]:9711`, `localhost:9711`: nothing in a simulated world is beyond loopback. */
export const endpoint: z.ZodType<Endpoint> = z
  .string({
    error: (issue) => `expected a loopback endpoint such as 127.0.0.1:9711, got ${shown(issue.input)}`,
  })
  .transform((text, context) => {
    const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text);
    const host = match?.[1] ?? match?.[2] ?? "";
    const port = Number(match?.[3]);
    if (match === null || port > 65_535 || !isLoopback(host)) {
      context.addIssue(`expected a loopback endpoint such as 127.0.0.1:9711, got ${shown(text)}`);
      return z.NEVER;
    }
    return { host, port };
  });

/** Names go into paths of the control interface and into certificates. */
export const name: z.ZodType<string> = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/i,
    "expected letters, digits, dots and hyphens, 1 to 63 of them",
  );

export const uuid: z.ZodType<string> = z
  .guid("expected a UUID such as 7f3a0c1e-0000-4000-8000-00000000000a")
  .transform((id) => id.toLowerCase());

/** @returns true for a host that cannot be reached from another machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? typeof value);
}
