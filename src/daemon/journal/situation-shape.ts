/** The form of a situation, as it is stored and as the API tells it. */
import { z } from "zod";
import { causes, type Cause } from "../../core/cause.ts";
import { distrustCauses, type DistrustCause } from "../../core/trust.ts";
import type { MemberSituation, OrderRecord, Situation } from "../situation.ts";
import { few, health, keyOf, names, rule, stamp, step, text, trigger } from "./values.ts";

export const cause: z.ZodType<Cause> = keyOf(causes);
export const distrustCause: z.ZodType<DistrustCause> = keyOf(distrustCauses);

const order = {
  by: text,
  reason: text,
  untilWallMs: stamp.nullable().meta({ description: "null: only a person ends it" }),
};
const orderRecord: z.ZodType<OrderRecord> = z.object(order);

const member: z.ZodType<MemberSituation> = z.object({
  name: text,
  health: health.meta({ description: "what counted" }),
  realHealth: health.meta({ description: "what its probes said" }),
  sinceWallMs: stamp,
  strikes: z
    .object({ outcome: z.enum(["pass", "fail"]), count: z.number(), needed: z.number() })
    .nullable()
    .meta({ description: "consecutive outcomes against the present health" }),
  pace: z
    .object({ intervalMs: z.number(), strikesOk: z.number(), strikesFail: z.number() })
    .nullable()
    .meta({ description: "null: it was not probed" }),
  evidence: z
    .object({ cause, atWallMs: stamp })
    .nullable()
    .meta({ description: "the last probe that was not inconclusive" }),
  limitation: z
    .object({ rule, text, untilWallMs: stamp.nullable() })
    .nullable()
    .meta({ description: "why it might not receive the address; null: it might" }),
  drained: orderRecord.nullable(),
  forced: z.object({ ...order, health: z.enum(["healthy", "unhealthy"]) }).nullable(),
  brownOut: z.object({ fails: z.number(), of: z.number() }).nullable(),
});

export const situationShape: z.ZodType<Situation> = z.object({
  kind: z.enum(["hold", "act"]),
  rule: rule.meta({ description: "the rule that decided" }),
  why: text.meta({ description: "the same in one sentence" }),
  untilWallMs: stamp
    .nullable()
    .meta({ description: "when the reason ends by itself; null: only an event can end it" }),
  step: step.nullable().meta({ description: "the step that is to be taken, or that the rule holds back" }),
  wanted: z.object({ holders: names, why: text }).nullable().meta({ description: "what that step is for" }),
  mode: z.enum(["auto", "approve", "shadow"]),
  holders: names.nullable().meta({ description: "null: who holds the address is not known" }),
  foreign: names.meta({ description: "provider ids of holders that are no members" }),
  busy: text.nullable(),
  truthWallMs: stamp.nullable().meta({ description: "when the provider last answered" }),
  distrust: z.object({ cause: distrustCause, detail: text }).nullable(),
  pause: z.object({ ...order, ofAll: z.boolean() }).nullable(),
  path: z
    .object({ health, detail: text.nullable(), pending: text.nullable() })
    .nullable()
    .meta({ description: "the way through the address; null: it is not probed" }),
  move: z.object({ trigger, to: names, startedWallMs: stamp }).nullable(),
  question: z.object({ id: text, untilWallMs: stamp }).nullable(),
  members: few(member).meta({ description: "in order of preference" }),
});
