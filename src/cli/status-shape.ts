/** The form of the daemon's status, so far as the command line relies on it: a newer daemon may say more. */
import { z } from "zod";
import type { GroupStatus, MemberStatus, OrderStatus, StandingStatus, Status } from "../server/status.ts";

const text = z.string().nullable();

const order = {
  by: z.string(),
  reason: z.string(),
  ageMs: z.number(),
  leftMs: z.number().nullable(),
};

const anOrder: z.ZodType<OrderStatus> = z.object(order);

const standing: z.ZodType<StandingStatus> = z.object({
  ...order,
  kind: z.string(),
  group: text,
  member: text,
  health: text,
});

const member: z.ZodType<MemberStatus> = z.object({
  name: z.string(),
  health: z.string(),
  realHealth: z.string(),
  healthAgeMs: z.number(),
  forced: z.object({ ...order, health: z.string() }).nullable(),
  drained: anOrder.nullable(),
  limitation: text,
  strikes: z.object({ count: z.number(), needed: z.number() }).nullable(),
  brownOut: z.object({ fails: z.number(), of: z.number() }).nullable(),
  lastCause: text,
});

const group: z.ZodType<GroupStatus> = z.object({
  name: z.string(),
  state: z.string(),
  rule: text,
  why: text,
  holders: z.array(z.string()).nullable(),
  foreign: z.array(z.string()),
  truthAgeMs: z.number().nullable(),
  paused: anOrder.nullable(),
  question: z
    .object({
      id: z.string(),
      rule: z.string(),
      holders: z.array(z.string()),
      why: z.string(),
      ageMs: z.number(),
      leftMs: z.number(),
    })
    .nullable(),
  members: z.array(member),
});

export const statusShape: z.ZodType<Status> = z.object({
  version: z.string(),
  pid: z.number(),
  upMs: z.number(),
  distrust: z.object({ cause: z.string(), text: z.string() }).nullable(),
  paused: anOrder.nullable(),
  orders: z.array(standing),
  groups: z.array(group),
});
