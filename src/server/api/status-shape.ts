/** The form of the daemon's status. Whoever reads it takes what is known of it: a newer daemon may say more. */
import { z } from "zod";
import type { GroupStatus, MemberStatus, OrderStatus, StandingStatus, Status } from "./status.ts";

const text = z.string().nullable();
const age = z.number().meta({ description: "milliseconds since then" });
const left = z.number().meta({ description: "milliseconds until then" });

const order = {
  by: z.string(),
  reason: z.string(),
  ageMs: age,
  leftMs: left.nullable().meta({ description: "milliseconds until it ends by itself; null: it does not" }),
};

const anOrder: z.ZodType<OrderStatus> = z.object(order);

const standing: z.ZodType<StandingStatus> = z.object({
  ...order,
  kind: z.string().meta({ description: "pause, drain or force" }),
  group: text.meta({ description: "null: all groups" }),
  member: text.meta({ description: "null: it is about a group" }),
  health: text.meta({ description: "what a health is forced to be; null: it is no force" }),
});

const member: z.ZodType<MemberStatus> = z.object({
  name: z.string(),
  health: z.string().meta({ description: "what counts: unknown, healthy or unhealthy" }),
  realHealth: z.string().meta({ description: "what its probes say" }),
  healthAgeMs: age,
  forced: z.object({ ...order, health: z.string() }).nullable(),
  drained: anOrder.nullable(),
  limitation: text.meta({ description: "why it may not receive the address; null: it may" }),
  strikes: z.object({ count: z.number(), needed: z.number() }).nullable(),
  brownOut: z.object({ fails: z.number(), of: z.number() }).nullable(),
  lastCause: text.meta({
    description: "cause of the last conclusive probe; null before the first, and while the health is forced",
  }),
  lastProbeAgeMs: age.nullable().meta({ description: "milliseconds since that probe was heard of" }),
});

const group: z.ZodType<GroupStatus> = z.object({
  name: z.string(),
  state: z.string().meta({ description: "starting, blind, steady, moving, blocked or unverified" }),
  stateAgeMs: age,
  rule: text.meta({ description: "the rule that decides; null before the first plan" }),
  why: text.meta({ description: "the same in one sentence" }),
  holders: z.array(z.string()).nullable().meta({ description: "null: who holds the address is not known" }),
  foreign: z.array(z.string()).meta({ description: "provider ids of holders that are no members" }),
  truthAgeMs: age.nullable(),
  paused: anOrder.nullable(),
  question: z
    .object({
      id: z.string(),
      rule: z.string(),
      holders: z.array(z.string()).meta({ description: "who would have the address" }),
      why: z.string(),
      ageMs: age,
      leftMs: left,
    })
    .nullable()
    .meta({ description: "the move that waits for a person" }),
  calendar: z
    .object({
      maintenance: z.object({ mode: z.string(), text: z.string(), leftMs: left }).nullable(),
      nextMaintenanceInMs: left.nullable(),
      drill: z.object({ home: z.string(), away: z.string() }).nullable(),
      nextDrillInMs: left.nullable(),
      lastDrillAt: text.meta({ description: "when a drill last went there and back, RFC 3339" }),
    })
    .meta({ description: "maintenance windows and drills" }),
  healthcheck: z
    .object({
      source: z.string().meta({ description: "the address that it is stored with" }),
      text: text.meta({
        description: "by what members are probed; null: it has not been read, so they are not",
      }),
      trouble: text.meta({
        description: "why what is stored now is not what they are probed by; null: it is",
      }),
      ageMs: age.nullable().meta({ description: "since the provider last said what is stored" }),
    })
    .nullable()
    .meta({ description: "healthcheck: from-elastic-ip; null: no member is probed by it" }),
  preflight: z
    .object({
      readiness: z.string().meta({ description: "ready, broken or unknown" }),
      why: text.meta({ description: "all that stands in the way, or could not be asked" }),
      ageMs: age.nullable().meta({ description: "since the provider was asked; null: it was not yet" }),
      findings: z.array(
        z.object({
          severity: z.string().meta({ description: "ok, warning, error or unknown" }),
          text: z.string(),
          fix: text.meta({ description: "what to do about it" }),
        }),
      ),
    })
    .meta({ description: "would a move work, so far as can be told without one" }),
  members: z.array(member).meta({ description: "in order of preference" }),
});

export const statusShape: z.ZodType<Status> = z.object({
  version: z.string(),
  pid: z.number(),
  upMs: z.number().meta({ description: "milliseconds since it was started" }),
  distrust: z
    .object({ cause: z.string(), text: z.string() })
    .nullable()
    .meta({ description: "why it does not believe what it sees; null: it does" }),
  behind: z
    .string()
    .nullable()
    .meta({ description: "how far probing falls behind its plan; null: it keeps up" }),
  targets: z.number().meta({
    description: "targets that are probed; members with the same one share a probe",
  }),
  configTrouble: z.string().nullable().meta({
    description: "why the config file was not taken over when it was last read; null: it was",
  }),
  paused: anOrder.nullable(),
  orders: z.array(standing),
  groups: z.array(group),
});
