/**
 * What people may say to the daemon, each answered in words. Nothing here moves an address: it changes what the planner may
 * do, and wakes it.
 */
import { stepText } from "../core/address.ts";
import { orderMaxMs, orderText, type Force } from "../core/orders.ts";
import { switchoverChoice } from "../core/switchover.ts";
import { formatDuration } from "../config/duration.ts";
import type { GroupConfig } from "../config/config.ts";
import type { Clock } from "./clock.ts";
import type { DaemonEvent, Listener, OrderAct } from "./events.ts";
import type { Given, Orders, StandingOrder, Subject } from "./orders.ts";
import type { Group } from "./group.ts";

/** `warning`: it holds, and yet something should be known, such as that it would not survive a restart. */
export type Reply =
  | {
      readonly kind: "done";
      readonly text: string;
      readonly warning: string | null;
      /** Who gets the address, of a switchover. */
      readonly member?: string;
    }
  | { readonly kind: "refused"; readonly rule: Refusal; readonly text: string };

/**
 * `unknown`: no such group or member. `unfit`: the order makes no sense. `nothing`: there is nothing to take back or to answer.
 * `ineligible`: the member may not receive the address.
 */
export type Refusal = "unknown" | "unfit" | "nothing" | "ineligible";

export interface PeopleParts {
  readonly clock: Clock;
  readonly orders: Orders;
  readonly groups: () => readonly Pick<Group, "config" | "reconciler" | "probeNow">[];
  readonly emit: Listener;
}

/** Whose word it is, and why, so far as they say. */
export interface Signed {
  readonly by: string;
  /** Default: they do not say. */
  readonly reason?: string | undefined;
}

/** A move that is asked for. */
export interface Asked extends Omit<Given, "forMs"> {
  /** Default `switchover`. */
  readonly act?: "switchover" | "failback";
  /** Also to a member that is not proven healthy. Default false. */
  readonly force?: boolean;
  /** Only says what would be done. Default false. */
  readonly dryRun?: boolean;
}

/** So long a member counts as healthy for a switchover that was forced: the move, and time to see what comes of it. Milliseconds. */
export const vouchedMs: number = 600_000;

type Done = Extract<Reply, { kind: "done" }>;
type OrderEvent = Extract<DaemonEvent, { type: "order" }>;

export class People {
  readonly #parts: PeopleParts;

  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  /** The orders that hold now. */
  get standing(): readonly StandingOrder[] {
    return this.#parts.orders.all;
  }

  /** @returns the refusal of whoever asks for a group that there is not; null: there is one. */
  refusalOf(group: string): Reply | null {
    return this.#stranger({ kind: "pause", group });
  }

  /** No automatic move of this group, or of any (null), until it is resumed or the time is over. */
  pause(group: string | null, given: Given): Reply {
    return this.#give("pause", { kind: "pause", group }, given, `pauses ${group ?? "all groups"}`);
  }

  resume(group: string | null, signed: Signed): Reply {
    const does = `resumes ${group ?? "all groups"}`;
    const reply = this.#takeBack("resume", { kind: "pause", group }, signed, does);
    const still = group === null ? null : this.#parts.orders.pauseOfAll;
    if (reply.kind !== "done" || still === null) return reply;
    return { ...reply, warning: `${group} is still paused with all groups (${orderText(still)})` };
  }

  /** The member may keep the address, not receive it. */
  drain(group: string, member: string, given: Given): Reply {
    return this.#give("drain", { kind: "drain", group, member }, given, `drains ${member} of ${group}`);
  }

  undrain(group: string, member: string, signed: Signed): Reply {
    const subject = { kind: "drain", group, member } as const;
    return this.#takeBack("undrain", subject, signed, `undrains ${member} of ${group}`);
  }

  /** The health of the member is what the person says. */
  force(group: string, member: string, health: Force["health"], given: Given): Reply {
    const subject = { kind: "force", group, member, health } as const;
    return this.#give("force", subject, given, `forces ${member} of ${group} to be ${health}`);
  }

  unforce(group: string, member: string, signed: Signed): Reply {
    const subject = { kind: "force", group, member, health: "healthy" } as const;
    return this.#takeBack("unforce", subject, signed, `lets probes decide on ${member} of ${group} again`);
  }

  /** @param id of the question that is answered; null: the one that is open. */
  answer(group: string, id: string | null, verdict: "approved" | "rejected", signed: Signed): Reply {
    const found = this.#parts.groups().find(({ config }) => config.name === group);
    if (found === undefined) return this.#unknown(group, null);
    const { question } = found.reconciler;
    if (question === null) return refused("nothing", `No move of ${group} waits for approval`);
    if (id !== null && id !== question.id) {
      return refused(
        "nothing",
        `Move ${id} of ${group} waits no longer; what waits now is ${question.id}: ${question.why}`,
      );
    }
    found.reconciler.settle(question, verdict, signed.by);
    const act = verdict === "approved" ? "approve" : "reject";
    return this.#done({ act, group }, signed, `${act}s move ${question.id} of ${group}: ${question.why}`);
  }

  /**
   * Moves the address to this member, or to the most preferred eligible one (null). It waits for no hold-down, limit, approval or
   * pause, and yet never goes to a member that is not proven healthy, unless it is forced: then the person vouches for the member,
   * which counts as healthy for a while.
   */
  switchover(group: string, member: string | null, asked: Asked): Reply {
    const found = this.#found(group, member);
    if (found === null) return this.#unknown(group, member);
    const unfit = unmovable(found.config, member, asked);
    if (unfit !== null) return refused("unfit", unfit);
    const choice = switchoverChoice(found.reconciler.facts(), member, asked.force);
    if (choice.kind === "refused") return refused(choice.rule, choice.text);
    const { by, reason, act = "switchover", dryRun = false } = asked;
    const { member: to, overrides } = choice;
    const from = choice.from.length === 0 ? "nobody" : choice.from.join(", ");
    const way = `${group} from ${from}${act === "failback" ? " back" : ""} to ${to}`;
    if (dryRun) {
      const steps = choice.steps.map(stepText).join(", then ");
      return { kind: "done", text: `Would move ${way}: ${steps}`, warning: overrides, member: to };
    }
    const warning = overrides === null ? null : this.#vouch(group, to, { ...asked, doubt: overrides });
    found.reconciler.request({ member: to, by, reason });
    return { ...this.#done({ act, group }, asked, `moves ${way}`, warning), member: to };
  }

  /** A switchover to the member that is preferred to all others. */
  failback(group: string, asked: Omit<Asked, "act" | "force">): Reply {
    const first = this.#found(group, null)?.config.members[0];
    if (first === undefined) return this.#unknown(group, null);
    return this.switchover(group, first.name, { ...asked, act: "failback" });
  }

  /** Looks now at who holds the address, of this group or of all (null), and decides afresh. */
  reconcile(group: string | null, signed: Signed): Reply {
    const groups = this.#parts.groups().filter(({ config }) => group === null || config.name === group);
    if (group !== null && groups.length === 0) return this.#unknown(group, null);
    for (const { reconciler } of groups) reconciler.decideAfresh();
    const does = `has the provider asked now who holds the address of ${group ?? "all groups"}`;
    return this.#done({ act: "reconcile", group }, signed, does);
  }

  /** Probes this member now, or all of the group (null). */
  probeNow(group: string, member: string | null, signed: Signed): Reply {
    const found = this.#found(group, member);
    if (found === null) return this.#unknown(group, member);
    const names = found.probeNow(member);
    if (names.length === 0) {
      const whom = member ?? "every member";
      return refused(
        "nothing",
        `${whom} of ${group} was probed on request within its interval already, or has a strike and is probed at its own pace until that is settled`,
      );
    }
    return this.#done({ act: "probe-now", group }, signed, `has ${names.join(", ")} of ${group} probed now`);
  }

  /** @returns what should be known of it. */
  #vouch(group: string, member: string, { by, reason, doubt }: Asked & { readonly doubt: string }): string {
    const subject = { kind: "force", group, member, health: "healthy" } as const;
    const trouble = this.#parts.orders.give(subject, { by, reason, forMs: vouchedMs });
    const time = formatDuration(vouchedMs);
    const text = `${by} forces ${member} of ${group} to be healthy for ${time}, for a switchover: ${reason}`;
    this.#parts.emit({ type: "order", group, act: "force", by, text });
    const overridden = `${doubt}; for ${time} it counts as healthy all the same. After that its probes decide again: if it is unhealthy, the address moves off it as soon as another member may receive it; failoverd unforce ${group} ${member} ends this sooner`;
    return [overridden, notKept(trouble)].filter((each) => each !== null).join(". ");
  }

  #found(group: string, member: string | null): ReturnType<PeopleParts["groups"]>[number] | null {
    const found = this.#parts.groups().find(({ config }) => config.name === group);
    const isMember = member === null || found?.config.members.some(({ name }) => name === member) === true;
    return isMember ? (found ?? null) : null;
  }

  /** Takes note of what a group holds back: a change by hand, a move that was rejected or is not verified. */
  acknowledge(group: string, signed: Signed): Reply {
    const found = this.#parts.groups().find(({ config }) => config.name === group);
    if (found === undefined) return this.#unknown(group, null);
    if (!found.reconciler.acknowledge())
      return refused("nothing", `There is nothing to acknowledge in ${group}`);
    return this.#done({ act: "acknowledge", group }, signed, `acknowledges what ${group} held back`);
  }

  #give(act: OrderAct, subject: Subject, given: Given, does: string): Reply {
    const stranger = this.#stranger(subject);
    if (stranger !== null) return stranger;
    const unfit = unfitness(subject, given);
    if (unfit !== null) return refused("unfit", unfit);
    const { forMs } = given;
    const trouble = this.#parts.orders.give(subject, given);
    const time = forMs === null ? "" : ` for ${formatDuration(forMs)}`;
    return this.#done({ act, group: subject.group }, given, `${does}${time}`, notKept(trouble));
  }

  #takeBack(act: OrderAct, subject: Subject, signed: Signed, does: string): Reply {
    // Also one about a group or member that has left the config since: nothing else would ever end it.
    const taken = this.#parts.orders.takeBack(subject);
    if (taken === null) {
      const nothing = refused("nothing", `There is nothing to take back: ${nothingOf(subject)}`);
      return this.#stranger(subject) ?? nothing;
    }
    const was = ` (it was ${orderText(taken.order)})`;
    return this.#done({ act, group: subject.group }, signed, `${does}${was}`, notKept(taken.trouble));
  }

  #stranger(subject: Subject): Reply | null {
    if (subject.group === null) return null;
    const member = subject.kind === "pause" ? null : subject.member;
    const config = this.#parts.groups().find((group) => group.config.name === subject.group)?.config;
    const known =
      config !== undefined && (member === null || config.members.some(({ name }) => name === member));
    return known ? null : this.#unknown(subject.group, member);
  }

  #unknown(group: string, member: string | null): Reply {
    const config = this.#parts.groups().find((each) => each.config.name === group)?.config;
    const [what, there] =
      config === undefined
        ? [`group ${group}`, this.#parts.groups().map((each) => each.config.name)]
        : [`member ${member} in group ${group}`, config.members.map(({ name }) => name)];
    return refused("unknown", `There is no ${what}; there are ${there.join(", ")}`);
  }

  #done(
    order: Pick<OrderEvent, "act" | "group">,
    signed: Signed,
    does: string,
    warning: string | null = null,
  ): Done {
    const { by } = signed;
    const text = signedText(signed, does);
    this.#parts.emit({ type: "order", ...order, by, text });
    return { kind: "done", text, warning };
  }
}

/** @param does e.g. `resumes web`. @returns e.g. `ann resumes web: the switch is replaced`. */
export function signedText({ by, reason }: Signed, does: string): string {
  return `${by} ${does}${reason === undefined ? "" : `: ${reason}`}`;
}

/** @returns what is told when an order has ended by itself. */
export function expiryEvent({ subject, order }: StandingOrder): DaemonEvent {
  const what =
    subject.kind === "pause"
      ? `the pause of ${subject.group ?? "all groups"}`
      : `the ${subject.kind} of ${subject.member} of ${subject.group}`;
  const text = `${what} has expired (${orderText(order)})`;
  return { type: "order", group: subject.group, act: "expire", by: order.by, text };
}

function nameless({ by, reason }: Omit<Given, "forMs">): string | null {
  if (by.trim() === "") return "An order needs a name: who gives it";
  return reason.trim() === "" ? "An order needs a reason, so that others know why" : null;
}

/** @returns why no address of this group is moved by a person. */
function unmovable({ name, policy }: GroupConfig, member: string | null, asked: Asked): string | null {
  if (policy.holders === "all-healthy")
    return `In ${name} every healthy member holds the address: drain or force a member instead`;
  if (policy.mode === "shadow") return `${name} is in mode shadow, in which nothing is moved`;
  if (asked.force === true && member === null)
    return "A forced switchover needs its member: say to which one, since nothing proves any of them";
  return nameless(asked);
}

function unfitness(subject: Subject, { by, reason, forMs }: Given): string | null {
  const missing = nameless({ by, reason });
  if (missing !== null) return missing;
  if (forMs === null)
    return subject.kind === "drain" ? null : `A ${subject.kind} must end by itself: say for how long`;
  if (forMs <= 0) return `An order must hold for some time: got ${formatDuration(forMs)}`;
  if (forMs <= orderMaxMs) return null;
  return `An order holds for at most ${formatDuration(orderMaxMs)}: got ${formatDuration(forMs)}`;
}

function nothingOf(subject: Subject): string {
  if (subject.kind === "pause") return `${subject.group ?? "the daemon"} is not paused`;
  return `${subject.member} of ${subject.group} is not ${subject.kind === "drain" ? "drained" : "forced"}`;
}

function notKept(trouble: string | null): string | null {
  return trouble === null
    ? null
    : `It holds now, but not after a restart, since it could not be saved: ${trouble}`;
}

function refused(rule: Refusal, text: string): Reply {
  return { kind: "refused", rule, text };
}
