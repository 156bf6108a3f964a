/**
 * What may never be true of a step at the moment in which the daemon asks for it, judged from what this process has been
 * told. Each check says in one sentence what it holds the daemon to, with the rule that it comes from.
 */
import type { Step } from "../../src/core/address.ts";
import type { GroupView } from "./group-view.ts";

/** The daemon's own limit on the age of a reading is 5 s. */
const readingMaxAgeMs = 5_000;
/** Repeats back off to a minute, repairs wait for it: whatever goes wrong, an hour has no more steps than this. */
const stepsInAnHourMax = 150;

type Check = (step: Step, view: GroupView) => string | null;

/** @returns what is wrong with the step, one sentence for each broken rule. */
export function wrongsOf(step: Step, view: GroupView): readonly string[] {
  return checks.flatMap((check) => check(step, view) ?? []);
}

const checks: readonly Check[] = [
  authority,
  approvedReceiver,
  pause,
  drain,
  warmth,
  oneAtATime,
  knownTruth,
  firstRound,
  ownMember,
  provenReceiver,
  neededMove,
  lossOfHolder,
  handOfOthers,
  stopping,
  pace,
];

/** R6: in shadow mode nothing is ever called. */
function authority(_step: Step, { config }: GroupView): string | null {
  return config.policy.mode === "shadow" ? "R6: a step in mode shadow" : null;
}

/** R6: an approval is good for the receivers that were shown, unless the address is nowhere by our own hand. */
function approvedReceiver(step: Step, { approvedTo, holderless }: GroupView): string | null {
  if (step.kind === "detach" || holderless || approvedTo === null) return null;
  return approvedTo.includes(step.member) ? null : `R6: nobody has approved ${step.member}`;
}

/** R10: nothing while it is paused, also by the process before this one, but to put back what we took off. */
function pause(_step: Step, { orders, config, process, holderless, switchingTo }: GroupView): string | null {
  return switchingTo !== null || holderless || !orders.isPaused(config.name, process.id)
    ? null
    : "R10: a step while it is paused";
}

/** R4: a drained member receives nothing, but what we took off and cannot put anywhere else. */
function drain(step: Step, { orders, config, process, holderless }: GroupView): string | null {
  if (step.kind === "detach" || holderless) return null;
  if (!orders.isDrained(config.name, step.member, process.id)) return null;
  return `R4: ${step.member} is drained`;
}

/** R4: whoever was bad until lately warms up, unless nobody holds the address or a person vouches for it. */
function warmth(step: Step, view: GroupView): string | null {
  const { orders, config, holders, books, process, switchingTo } = view;
  if (step.kind === "detach" || holders.length === 0 || switchingTo === step.member) return null;
  if (orders.forced(config.name, step.member, process.id) !== null) return null;
  const forMs = books.get(step.member)?.recoveredForMs(process.now()) ?? Infinity;
  return forMs < config.policy.warmUpMs ? `R4: ${step.member} is good again for ${forMs} ms only` : null;
}

/** R5: a step begins only when the one before it has been answered or given up. */
function oneAtATime(_step: Step, { executing }: GroupView): string | null {
  return executing === null ? null : `R5: call ${executing.id} is still under way`;
}

/** R2, R6: a step follows a young reading that knew who holds the address, showed no stranger and no work under way. */
function knownTruth(_step: Step, { reading, process }: GroupView): string | null {
  if (reading === null) return "R2: a step before the truth was ever read";
  if (reading.is.kind === "unknown") return "R2: a step while the truth is unknown";
  if (reading.is.busy !== null) return "R5: a step while the cloud is busy";
  if (reading.is.foreign.length > 0) return "R16: a step while a stranger holds the address";
  const ageMs = process.now() - reading.at;
  return ageMs > readingMaxAgeMs ? `R6: a step on a reading that is ${ageMs} ms old` : null;
}

/** R2: nothing before every member was judged once or had the time for its strikes, but to put back what we took off. */
function firstRound(_step: Step, view: GroupView): string | null {
  const { books, config, process, startedAt, orders } = view;
  const isKnown = (name: string): boolean => orders.forced(config.name, name, process.id) !== null;
  if (view.holderless || [...books].every(([name, book]) => book.judged || isKnown(name))) return null;
  if (view.awaitsCheck) return "R2: a step before it is known how members are to be probed";
  const leastMs = Math.max(
    ...config.members.map(({ target }) => Math.max(target.strikesOk, target.strikesFail) * target.intervalMs),
  );
  return process.now() - startedAt >= leastMs ? null : "R2: a step in the first round";
}

/** R16: a step only ever names a member. */
function ownMember(step: Step, { books }: GroupView): string | null {
  return books.has(step.member) ? null : `R16: ${step.member} is no member`;
}

/** R4, R7: whoever gets the address is proven; an address that we took off must go somewhere all the same. */
function provenReceiver(step: Step, view: GroupView): string | null {
  if (step.kind === "detach" || view.isProven(step.member) || view.holderless) return null;
  return `R4: ${step.member} is not proven healthy`;
}

/**
 * R1, R9: with a single holder wanted, nobody is added while a holder is not dead, but for a failback that is due, a brown-out or
 * a move that is not seen to work, where the config says so.
 */
function neededMove(step: Step, view: GroupView): string | null {
  if (step.kind === "detach" || view.config.policy.holders !== "one") return null;
  const { holders } = view;
  if (holders.includes(step.member)) return `R5: ${step.member} has the address already`;
  const alive = holders.filter((name) => !view.mayLeave(name, step.member));
  if (alive.length === 0) return null;
  return `R1: ${alive.join(" and ")} would lose the address without being dead`;
}

/** R3, R7: what stays is proven healthy; with detach-first the holder is dead or a failback is due, and somebody can follow. */
function lossOfHolder(step: Step, view: GroupView): string | null {
  if (step.kind !== "detach") return null;
  const { policy, members } = view.config;
  if (!view.holders.includes(step.member)) return `R3: ${step.member} does not have the address`;
  const rest = view.holders.filter((name) => name !== step.member);
  if (policy.holders !== "one" && !view.isDead(step.member)) return `R1: ${step.member} is not dead`;
  if (rest.some((name) => view.isProven(name))) return null;
  if (policy.order !== "detach-first" || policy.holders !== "one") {
    return `R3: without ${step.member} no proven member would have the address`;
  }
  const others = members.map(({ name }) => name).filter((name) => name !== step.member);
  if (!others.some((name) => view.isProven(name))) return `R3: nobody could follow ${step.member}`;
  return others.some((name) => view.mayLeave(step.member, name))
    ? null
    : `R1: ${step.member} would lose the address without being dead`;
}

/** R16: what a person changed is left alone for the hold-down, unless nobody holds the address. */
function handOfOthers(_step: Step, view: GroupView): string | null {
  const { handAt, config, process, holders, switchingTo } = view;
  if (handAt === null || holders.length === 0 || switchingTo !== null) return null;
  const forMs = process.now() - handAt;
  return forMs < config.policy.holdDownMs ? `R16: a person changed it ${forMs} ms ago` : null;
}

/** R15: who is being stopped begins nothing, unless the address is nowhere by its own hand. */
function stopping(_step: Step, { stoppedAt, holderless }: GroupView): string | null {
  return stoppedAt === null || holderless ? null : "R15: a step after the stop";
}

/** R13: repeats are bounded. */
function pace(_step: Step, { stepTimes, process }: GroupView): string | null {
  const recent = stepTimes.filter((at) => process.now() - at < 3_600_000);
  return recent.length < stepsInAnHourMax ? null : `R13: ${recent.length + 1} steps within an hour`;
}
