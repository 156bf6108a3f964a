/** The shape of a fault script, in the world file and in `POST /world/faults` alike. */
import { z } from "zod";
import { faultBodies, garbledKinds, type Fault, type FaultEffect } from "./faults.ts";
import { duration, signedDuration } from "./file-values.ts";
import { operationNames, operationReasons } from "./operations.ts";

const effectKeys = [
  "status",
  "lose-reply",
  "drop",
  "latency",
  "hang",
  "operation-state",
  "stuck",
  "stale-read",
  "garble",
  "clock-skew",
] as const;

const raw = z.strictObject({
  operation: z.enum([...operationNames, "*"]),
  times: z.custom<Fault["times"]>(isTimes, "expected a number from 1 to 1,000,000, or always").default(1),
  status: z.int().min(200).max(599).optional(),
  "retry-after": duration.optional(),
  body: z.enum(faultBodies).optional(),
  location: z.string().min(1).optional(),
  "lose-reply": z.literal(true).optional(),
  drop: z.literal(true).optional(),
  latency: duration.optional(),
  hang: z.literal(true).optional(),
  "operation-state": z.enum(["success", "failure", "timeout"]).optional(),
  "at-once": z.boolean().optional(),
  reason: z.enum(operationReasons).optional(),
  message: z.string().optional(),
  stuck: z.literal(true).optional(),
  "stale-read": z.literal(true).optional(),
  garble: z.enum(garbledKinds).optional(),
  "clock-skew": signedDuration.optional(),
});

type Raw = z.infer<typeof raw>;

const fault: z.ZodType<Fault> = raw.transform((value, context): Fault => {
  const problem = problemOf(value);
  if (problem !== null) context.addIssue(problem);
  return { operation: value.operation, times: value.times, effect: effectOf(value) };
});

/** At most 1,000 faults, in the order in which they are tried. */
export const faultList: z.ZodType<readonly Fault[]> = z.array(fault).max(1000);

function isTimes(value: unknown): boolean {
  return value === "always" || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1_000_000);
}

function problemOf(value: Raw): string | null {
  const effects = effectKeys.filter((key) => value[key] !== undefined);
  if (effects.length !== 1) {
    return `expected exactly one of ${effectKeys.join(", ")}, got ${effects.join(", ") || "none"}`;
  }
  const companions = [value["retry-after"], value.body, value.location];
  if (value.status === undefined && companions.some((each) => each !== undefined)) {
    return "retry-after, body and location go with status only";
  }
  return outcomeProblem(value);
}

function outcomeProblem(value: Raw): string | null {
  const outcome = value["operation-state"];
  const told = value.reason !== undefined || value.message !== undefined;
  if (outcome === undefined) {
    return told || value["at-once"] !== undefined
      ? "reason, message and at-once go with operation-state only"
      : null;
  }
  if (outcome === "success") return told ? "an operation that succeeds has no reason and no message" : null;
  return value.reason === undefined ? `operation-state ${outcome} needs a reason` : null;
}

function effectOf(value: Raw): FaultEffect {
  if (value.status !== undefined) {
    const retryAfterMs = value["retry-after"];
    return {
      kind: "status",
      status: value.status,
      retryAfterS: retryAfterMs === undefined ? null : Math.ceil(retryAfterMs / 1000),
      body: value.body ?? "json",
      ...(value.location !== undefined && { location: value.location }),
    };
  }
  if (value.latency !== undefined) return { kind: "latency", ms: value.latency };
  if (value["operation-state"] !== undefined) {
    return {
      kind: "operation-state",
      state: value["operation-state"],
      reason: value.reason ?? null,
      message: value.message ?? null,
      ...(value["at-once"] !== undefined && { atOnce: value["at-once"] }),
    };
  }
  if (value["clock-skew"] !== undefined) return { kind: "clock-skew", ms: value["clock-skew"] };
  if (value.garble !== undefined) return { kind: "garble", as: value.garble };
  if (value["lose-reply"]) return { kind: "lose-reply" };
  if (value.drop) return { kind: "drop" };
  if (value.hang) return { kind: "hang" };
  return value.stuck ? { kind: "stuck" } : { kind: "stale-read" };
}
