/**
 * A drill: at a set time the address of a healthy holder goes to the most preferred eligible other member, and back after a
 * while, to prove that a failover would work. Nobody needs it now, so it is made only when there is no reason against it, and
 * whether to go on is asked afresh before each of its moves. While the answer is no, the group does what it does without a drill.
 *
 *   drill   holder             else                               then
 *   due     any                nothing is due, nothing against    begin: to the other member
 *   out     its home           its move is under way, nothing     go on: to the other member
 *                              against
 *   out     its home           its move has ended                 nothing of it any more
 *   away    the other member   its time is not over               stay, and no failback meanwhile
 *   away    the other member   its time is over, or no answer     back home, if nothing is against
 *                              comes through the address
 *   away    another            -                                  nothing of it any more
 */
import { isRefused, limitationOf } from "./eligible.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { heldDownUntil } from "./hold-down.ts";
import { hold, type Hold } from "./hold.ts";
import { presentHolders } from "./holders.ts";
import { orderText } from "./orders.ts";
import { pathGoal } from "./path.ts";

export type DrillFacts = DueDrill | DrillUnderWay;

/** The calendar says that one may begin now. */
export interface DueDrill {
  readonly phase: "due";
}

export interface DrillUnderWay {
  /** `out`: the address goes to the other member. `away`: it is there, or on its way back. */
  readonly phase: "out" | "away";
  /** Where the address was, and shall be again. */
  readonly home: string;
  readonly away: string;
  readonly startedAt: number;
  /** When it shall go back; counts from when it has arrived. Monotonic milliseconds. */
  readonly until: number;
}

/** So long nothing must have been moved, by whomever, before a drill: trouble of today is not over yet. Milliseconds. */
const quietMs = 3_600_000;
/** So long after its time a drill that may not go back waits for that, before it is given up. Milliseconds. */
export const drillPatienceMs = 600_000;

/** @returns the goal of the drill that is under way, or that the address stays for it; null: it has none now. */
export function drillGoal(holder: MemberFacts, facts: GroupFacts): Goal | Hold | null {
  const { drill, now } = facts;
  if (drill === null || drill.phase === "due") return null;
  // A move out that came to nothing was the drill: another one would begin out of its time.
  if (drill.phase === "out" && facts.history.inFlight === null) return null;
  const [from, to] = drill.phase === "out" ? [drill.home, drill.away] : [drill.away, drill.home];
  if (holder.name !== from || isOutOfPatience(drill, facts)) return null;
  if (drill.phase === "out") return goalTo(to, facts, `to ${to} and back to ${from}`);
  const way = pathGoal(holder, facts);
  if (way?.rule === "verifying") return null;
  // It worked at home: going back is the cure, and there is no reason to let clients wait for it. What was not seen is no fail.
  if (way !== null && facts.path?.failingSince !== null)
    return goalTo(to, facts, `back to ${to}, since through the address there is no answer`);
  if (now < drill.until) {
    if (facts.path !== null && facts.path.pending !== null) return null;
    const why = `${from} holds the address for a drill, and ${to} is to get it back`;
    return hold("drilling", why, drill.until);
  }
  return goalTo(to, facts, `back to ${to}, since ${from} has had the address for long enough`);
}

/** @returns the goal of a drill that is due while nothing else is; null: there is none, or something is against it. */
export function dueDrillGoal(holder: MemberFacts, facts: GroupFacts): Goal | null {
  if (facts.drill?.phase !== "due") return null;
  const away = awayFor(holder, facts);
  return away === null ? null : goalTo(away.name, facts, `to ${away.name} and back to ${holder.name}`);
}

/** @returns what is against the drill at this moment, in words; null: nothing. */
export function againstDrill(facts: GroupFacts): string | null {
  const { drill } = facts;
  const [holder, ...others] = presentHolders(facts);
  if (holder === undefined || others.length > 0) return "not exactly one member holds the address";
  if (drill === null || drill.phase === "due") {
    const away = awayFor(holder, facts);
    return away === null ? noOther(holder, facts) : denialOf(away.name, facts);
  }
  return denialOf(drill.phase === "out" ? drill.away : drill.home, facts);
}

/** @returns why nothing more can come of the drill under way, in words; null: something can. */
export function endOfDrill(drill: DrillUnderWay, facts: GroupFacts): string | null {
  const { history, truth } = facts;
  const move = history.inFlight;
  if (move !== null) return move.trigger === "drill" ? null : `a ${move.trigger} has begun: ${move.why}`;
  if (history.changedByHand !== null && history.changedByHand.at > drill.startedAt)
    return "somebody else has moved the address";
  if (truth.reading?.kind !== "known" || truth.reading.busy !== null) return null;
  const present = [...presentHolders(facts).map(({ name }) => name), ...truth.reading.foreign];
  const isAway = present.length === 1 && present[0] === drill.away;
  if (drill.phase === "out") return isAway ? null : `the move to ${drill.away} did not come to its end`;
  if (!isAway) return `the address is held by ${present.join(", ") || "nobody"}`;
  if (!isOutOfPatience(drill, facts)) return null;
  return `${drill.away} keeps the address: ${againstDrill(facts) ?? "the move back did not come to its end"}`;
}

/** The address was to go back long ago, and nothing is under way: from now on it stays, whatever was in the way is over or not. */
function isOutOfPatience({ phase, until }: DrillUnderWay, { history, now }: GroupFacts): boolean {
  return phase === "away" && history.inFlight === null && now >= until + drillPatienceMs;
}

function goalTo(name: string, facts: GroupFacts, does: string): Goal | null {
  if (denialOf(name, facts) !== null) return null;
  const why = `the drill takes the address ${does}`;
  return { kind: "goal", holders: [name], rule: "drill", trigger: "drill", why };
}

function awayFor(holder: MemberFacts, facts: GroupFacts): MemberFacts | null {
  return facts.members.find((member) => member !== holder && unfit(member, facts) === null) ?? null;
}

function noOther(holder: MemberFacts, facts: GroupFacts): string {
  const reasons = facts.members.flatMap((member) => (member === holder ? [] : (unfit(member, facts) ?? [])));
  return `no other member is fit for it: ${reasons.join("; ")}`;
}

/** The one gate of both moves of a drill. @returns why the address may not go to this member for a drill now, or null. */
function denialOf(to: string, facts: GroupFacts): string | null {
  const member = facts.members.find(({ name }) => name === to);
  if (member === undefined) return `${to} is no member of the group any more`;
  // Whoever gives the address back need not be fit to receive it.
  const needed = facts.drill?.phase === "away" ? [member] : [...presentHolders(facts), member];
  const unfitness = needed.map((each) => unfit(each, facts)).find((text) => text !== null);
  return authority(facts) ?? restless(facts) ?? unfitness ?? null;
}

function authority({ policy, trust, pause, maintenance, request, overall }: GroupFacts): string | null {
  if (policy.mode !== "auto") return `the group is in mode ${policy.mode}`;
  if (policy.holders !== "one") return "every healthy member holds the address";
  if (trust.distrust !== null) return "we do not believe what we see";
  if (pause !== null) return `paused by ${orderText(pause)}`;
  // Also in mode approve: somebody works on the members, and nobody would wait for this move.
  if (maintenance !== null) return `in the maintenance window (${maintenance.text})`;
  if (request !== null) return `${request.by} has asked for ${request.member}`;
  const { drilling } = overall;
  return drilling === null ? null : `the drill of ${drilling} is under way`;
}

/** The drill's own moves are none of those that count here. */
function restless({ history, policy, drill, path, now }: GroupFacts): string | null {
  const move = history.inFlight;
  if (move !== null && move.trigger !== "drill") return `a ${move.trigger} is under way`;
  const lastAt = history.moves.at(-1)?.at ?? -Infinity;
  if (heldDownUntil(history.moves, policy, now) !== null || now - lastAt < quietMs)
    return "the address was moved lately";
  if (now - (history.changedByHand?.at ?? -Infinity) < quietMs)
    return "somebody else moved the address lately";
  // On its way back the answer that is missing is the reason to go.
  const isSure = path === null || (path.health === "healthy" && path.failingSince === null);
  return isSure || drill?.phase === "away"
    ? null
    : "it is not sure that there is an answer through the address";
}

function unfit(member: MemberFacts, facts: GroupFacts): string | null {
  const limitation = limitationOf(member, facts);
  if (limitation !== null) return limitation.text;
  if (member.forced !== null) return `the health of ${member.name} is forced by ${orderText(member.forced)}`;
  if (member.brownOut !== null) return `${member.name} is browned out`;
  return isRefused(member, facts.now) ? `the provider refused ${member.name} a moment ago` : null;
}
