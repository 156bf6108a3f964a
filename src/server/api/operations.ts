/** All that can be asked of the daemon over its API, and ordered. */
import { configShape } from "./config-shape.ts";
import { after, eventShape, follow, types as eventTypes } from "./event-shape.ts";
import { EventStream } from "./event-stream.ts";
import {
  force,
  givenOf,
  group,
  groupOrAll,
  health,
  maybeGroup,
  maybeMember,
  member,
  moveId,
  reason,
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
const target = { group, member };
const answer = { group, id: moveId };

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
    { name: "resume", summary: "Take a pause back", fields: { group: groupOrAll } },
    ({ people }, input, by) => people.resume(input.group, by),
  ),
  order(
    {
      name: "switchover",
      summary: "Move the address now, to a member or to the most preferred eligible one",
      fields: { group, member: maybeMember, reason, force },
    },
    ({ people }, { group, member, reason, force }, by) =>
      people.switchover(group, member ?? null, { by, reason: reason.trim(), force: force === true }),
  ),
  order(
    {
      name: "failback",
      summary: "Move the address now to the member that is preferred to all others",
      fields: { group, reason },
    },
    ({ people }, { group, reason }, by) => people.failback(group, { by, reason: reason.trim() }),
  ),
  order(
    {
      name: "reconcile",
      summary: "Ask the provider now who holds the address of a group, or of all, and decide afresh",
      fields: { group: groupOrAll },
    },
    ({ people }, input, by) => people.reconcile(input.group, by),
  ),
  order(
    {
      name: "probe-now",
      summary: "Probe a member now, or all of the group",
      fields: { group, member: maybeMember },
    },
    ({ people }, { group, member }, by) => people.probeNow(group, member ?? null, by),
  ),
  order(
    { name: "approve", summary: "Let the move begin that waits for approval", fields: answer },
    ({ people }, { group, id }, by) => people.answer(group, id ?? null, "approved", by),
  ),
  order(
    { name: "reject", summary: "Leave the move that waits for approval", fields: answer },
    ({ people }, { group, id }, by) => people.answer(group, id ?? null, "rejected", by),
  ),
  order(
    {
      name: "acknowledge",
      summary: "Take note of a change by hand, or of a move that was rejected or is not verified",
      fields: { group },
    },
    ({ people }, input, by) => people.acknowledge(input.group, by),
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
  order({ name: "undrain", summary: "Take a drain back", fields: target }, ({ people }, input, by) =>
    people.undrain(input.group, input.member, by),
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
    { name: "unforce", summary: "Let the probes decide on a member again", fields: target },
    ({ people }, input, by) => people.unforce(input.group, input.member, by),
  ),
];

const daemonOrders: readonly Operation[] = [
  order(
    { name: "reload", summary: "Take the config file over: as a whole, or not at all", fields: {} },
    ({ reload }, _, by) => reload(by),
  ),
];

export const operations: readonly Operation[] = [
  ...readings,
  ...groupOrders,
  ...memberOrders,
  ...daemonOrders,
];
