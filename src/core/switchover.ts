/**
 * A move that a person asks for. It waits for no hold-down, limit, warm-up, approval or pause, since those are for what is done
 * without a person; all that protects the address itself holds: the member is proven healthy and not drained, the truth is known
 * and fresh, one move at a time.
 */
import type { Step } from "./address.ts";
import { doubtOf, drainedText, ownLimitation } from "./eligible.ts";
import type { GroupFacts, MemberFacts } from "./facts.ts";
import type { Goal } from "./goal.ts";
import { isHolderless, presentHolders } from "./holders.ts";
import { stepsTo } from "./steps.ts";

export interface MoveRequest {
  /** Who shall have the address. */
  readonly member: string;
  readonly by: string;
  readonly reason: string;
}

/** A request that has not begun to be carried out within this time is void, in milliseconds: people look and ask again. */
export const requestMs = 60_000;

/** @returns the goal that the person has; null when there is none, when it is reached, or when it cannot be had now. */
export function switchoverGoal(present: readonly MemberFacts[], facts: GroupFacts): Goal | null {
  const { request, history } = facts;
  if (request === null) return null;
  // The other move comes to its end first.
  if (history.inFlight !== null && history.inFlight.trigger !== "switchover") return null;
  // Somebody must get it now, also if the one that is asked for is refused it for ever.
  if (isHolderless(facts)) return null;
  const member = facts.members.find(({ name }) => name === request.member);
  if (member === undefined || ownLimitation(member, facts) !== null) return null;
  if (present.length === 1 && present[0] === member) return null;
  const why = `${request.by} asked for ${member.name}: ${request.reason}`;
  return { kind: "goal", holders: [member.name], rule: "switchover", trigger: "switchover", why };
}

/** Who would get the address if it were asked for, or why nobody would. */
export type SwitchoverChoice =
  | {
      readonly kind: "to";
      readonly member: string;
      readonly from: readonly string[];
      readonly steps: readonly Step[];
      /** Why the member is not proven healthy, which is overridden; null: it is. */
      readonly overrides: string | null;
    }
  | { readonly kind: "refused"; readonly rule: "ineligible" | "nothing"; readonly text: string };

/**
 * @param wanted a member of the group; null: the most preferred eligible one that does not have the address.
 * @param force also to a member that is not proven healthy, since the person vouches for it. What is drained stays so: that is a
 *   person's own word.
 */
export function switchoverChoice(facts: GroupFacts, wanted: string | null, force = false): SwitchoverChoice {
  const present = presentHolders(facts).map(({ name }) => name);
  if (facts.history.inFlight !== null) {
    const { to, why } = facts.history.inFlight;
    return { kind: "refused", rule: "nothing", text: `A move to ${to.join(", ")} is under way: ${why}` };
  }
  if (present.length === 1 && present[0] === wanted)
    return { kind: "refused", rule: "nothing", text: `${wanted} holds the address already` };
  const candidates = facts.members.filter(({ name }) =>
    wanted === null ? !present.includes(name) : name === wanted,
  );
  const reasons: string[] = [];
  for (const member of candidates) {
    const overrides = doubtOf(member, facts.now);
    if (member.drained === null && (overrides === null || force))
      return {
        kind: "to",
        member: member.name,
        from: present,
        steps: stepsTo([member.name], facts),
        overrides,
      };
    if (overrides !== null && !force) reasons.push(overrides);
    else
      reasons.push(`${drainedText(member)}; failoverd undrain ${facts.name} ${member.name} takes that back`);
  }
  return {
    kind: "refused",
    rule: "ineligible",
    text: `No member may receive the address: ${reasons.join("; ")}`,
  };
}
