/** All that can be asked of the daemon over its API, and ordered. */
import { configShape } from "./config-shape.ts";
import { after, eventShape, follow, types as eventTypes } from "./event-shape.ts";
import { EventStream } from "./event-stream.ts";
import {
  dryRun,
  force,
  givenOf,
  group,
  groupOrAll,
  health,
  maybeGroup,
  maybeMember,
  maybeReason,
  member,
  moveId,
  reason,
  signedOf,
  time,
} from "./input.ts";
import { order, reading, type Operation } from "./operation.ts";
import { historyAnswer, whyAnswer } from "./history.ts";
import {
  at,
  beyond,
  historyShape,
  limit,
  order as direction,
  since,
  types,
  until,
  whyShape,
} from "./history-shape.ts";
import { statusShape } from "./status-shape.ts";

const given = { reason, for: time };
const why = { reason: maybeReason };
const target = { group, member };
const answer = { group, id: moveId, ...why };

const readings: readonly Operation[] = [
  reading(
    {
      name: "status",
      summary: "What the daemon sees, does and has been told, and why",
      answer: statusShape,
      fields: {},
    },
    ({ status }) => ({ kind: "data", data: status() }),
  ),
  reading(
    {
      name: "events",
      summary:
        "What happens, as it happens: server-sent events, each with the sentence of the log; one of type gap says what is missing",
      answer: eventShape,
      media: "events",
      fields: { group: maybeGroup, types: eventTypes, after, follow },
    },
    ({ feed, people }, { group = null, types, after = null, follow }) => {
      const refusal = group === null ? null : people.refusalOf(group);
      if (refusal !== null) return refusal;
      const wanted = { group, after, types: types?.split(",") ?? null, follow: follow !== "false" };
      return { kind: "stream", open: () => new EventStream(feed, wanted) };
    },
  ),
  reading(
    {
      name: "config",
      summary: "The config in use, with every default and without credentials",
      answer: configShape,
      fields: {},
    },
    ({ config }) => ({ kind: "data", data: config() }),
  ),
  reading(
    {
      name: "why",
      summary:
        "Why a group does what it does, or did at one moment: from the probes to the rule that decided",
      answer: whyShape,
      fields: { group, at },
    },
    whyAnswer,
  ),
  reading(
    {
      name: "history",
      summary: "What was decided, done, seen and ordered, a page at a time",
      answer: historyShape,
      fields: { group: maybeGroup, since, until, types, order: direction, beyond, limit },
    },
    historyAnswer,
  ),
];

const groupOrders: readonly Operation[] = [
  order(
    {
      name: "pause",
      summary: "Stop automatic moves of a group, or of all, until the time is over",
      fields: { group: groupOrAll, ...given },
    },
    ({ people }, input, by) => people.pause(input.group, givenOf(input, by)),
  ),
  order(
    { name: "resume", summary: "Take a pause back", fields: { group: groupOrAll, ...why } },
    ({ people }, input, by) => people.resume(input.group, signedOf(input, by)),
  ),
  order(
    {
      name: "switchover",
      summary: "Move the address now, to a member or to the most preferred eligible one",
      fields: { group, member: maybeMember, reason, force, dryRun },
    },
    ({ people }, { group, member, reason, force, dryRun }, by) => {
      const asked = { by, reason: reason.trim(), force: force === true, dryRun: dryRun === true };
      return people.switchover(group, member ?? null, asked);
    },
  ),
  order(
    {
      name: "failback",
      summary: "Move the address now to the member that is preferred to all others",
      fields: { group, reason, dryRun },
    },
    ({ people }, { group, reason, dryRun }, by) =>
      people.failback(group, { by, reason: reason.trim(), dryRun: dryRun === true }),
  ),
  order(
    {
      name: "reconcile",
      summary: "Ask the provider now who holds the address of a group, or of all, and decide afresh",
      fields: { group: groupOrAll, ...why },
    },
    ({ people }, input, by) => people.reconcile(input.group, signedOf(input, by)),
  ),
  order(
    {
      name: "probe-now",
      summary: "Probe a member now, or all of the group",
      fields: { group, member: maybeMember, ...why },
    },
    ({ people }, input, by) => people.probeNow(input.group, input.member ?? null, signedOf(input, by)),
  ),
  order(
    { name: "approve", summary: "Let the move begin that waits for approval", fields: answer },
    ({ people }, input, by) => people.answer(input.group, input.id ?? null, "approved", signedOf(input, by)),
  ),
  order(
    { name: "reject", summary: "Leave the move that waits for approval", fields: answer },
    ({ people }, input, by) => people.answer(input.group, input.id ?? null, "rejected", signedOf(input, by)),
  ),
  order(
    {
      name: "acknowledge",
      summary: "Take note of a change by hand, or of a move that was rejected or is not verified",
      fields: { group, ...why },
    },
    ({ people }, input, by) => people.acknowledge(input.group, signedOf(input, by)),
  ),
];

const memberOrders: readonly Operation[] = [
  order(
    {
      name: "drain",
      summary: "Let a member keep the address and not receive it",
      fields: { ...target, ...given },
    },
    ({ people }, input, by) => people.drain(input.group, input.member, givenOf(input, by)),
  ),
  order(
    { name: "undrain", summary: "Take a drain back", fields: { ...target, ...why } },
    ({ people }, input, by) => people.undrain(input.group, input.member, signedOf(input, by)),
  ),
  order(
    {
      name: "force",
      summary: "Pin the health of a member, whatever its probes see",
      fields: { ...target, ...given, health },
    },
    ({ people }, input, by) => people.force(input.group, input.member, input.health, givenOf(input, by)),
  ),
  order(
    { name: "unforce", summary: "Let the probes decide on a member again", fields: { ...target, ...why } },
    ({ people }, input, by) => people.unforce(input.group, input.member, signedOf(input, by)),
  ),
];

const daemonOrders: readonly Operation[] = [
  order(
    { name: "reload", summary: "Take the config file over: as a whole, or not at all", fields: why },
    ({ reload }, input, by) => reload(signedOf(input, by)),
  ),
];

export const operations: readonly Operation[] = [
  ...readings,
  ...groupOrders,
  ...memberOrders,
  ...daemonOrders,
];
