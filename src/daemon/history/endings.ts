/** How the reason to hold comes to an end: by itself, by an event, or by the word of a person, with the command for it. */
import type { Rule } from "../../core/rules.ts";
import type { Situation } from "../situation.ts";
import type { TimeText } from "./time-text.ts";

/** @returns nothing for a rule that holds nothing up. */
export function endingText(group: string, situation: Situation, time: TimeText): readonly string[] {
  const { kind, rule, untilWallMs } = situation;
  if (kind === "act") return [];
  const lasts = untilWallMs === null ? [] : [`It lasts until ${time(untilWallMs)}.`];
  const ends = endings[rule]?.(group, situation) ?? null;
  const all = [...lasts, ...(ends === null ? [] : [ends]), ...questionText(group, situation, time)];
  return all.length === 0 ? [] : [all.join(" ")];
}

function questionText(group: string, { question }: Situation, time: TimeText): readonly string[] {
  if (question === null) return [];
  const { id, untilWallMs } = question;
  return [
    `A person lets it begin with: failoverd approve ${group} ${id}; or leaves it with: failoverd reject ${group} ${id}. Without an answer it is proposed again at ${time(untilWallMs)}.`,
  ];
}

type Ending = (group: string, situation: Situation) => string;

const always =
  (text: string): Ending =>
  () =>
    text;

const nextProbes = always("It ends with the next probes that show a pass or a fail.");
const needNotWait: Ending = (group, { wanted, members, rule }) => {
  const held = members.find(({ limitation }) => limitation?.rule === rule)?.name;
  const member = wanted?.holders[0] ?? held ?? "MEMBER";
  return `To move it now all the same: failoverd switchover ${group} ${member} --reason "…".`;
};
const takeNote: Ending = (group) => `To accept it as it is: failoverd acknowledge ${group}.`;

/** A healthy member is what is missing. */
const needsMember: Ending = (group, { members }) => {
  const drained = members.filter((member) => member.drained !== null);
  const undrain = drained.map(
    ({ name }) => ` ${name} is let in again with: failoverd undrain ${group} ${name}.`,
  );
  const unforce = members
    .filter(({ forced }) => forced?.health === "unhealthy")
    .map(({ name }) => ` The probes of ${name} count again with: failoverd unforce ${group} ${name}.`);
  return `It ends when a member passes its probes often enough in a row.${undrain.join("")}${unforce.join("")} A person who knows better than the probes: failoverd force ${group} MEMBER healthy --for 30m --reason "…".`;
};

/** The rules that hold something up. Null: there is nothing to add to what the rule says. */
const endings: Readonly<Record<Rule, Ending | null>> = {
  "first-round": always("It ends when every member has been probed often enough for a verdict."),
  "self-distrust": always("It ends by itself once nothing has given rise to doubt for a while."),
  "truth-unknown": always("It ends with the first answer of the provider, which is asked again by itself."),
  "healthcheck-unknown": always(
    "It ends when the provider's healthcheck has been read and every member been probed by it; it is asked for again by itself.",
  ),
  "truth-stale": null,
  busy: always("It ends when the provider has finished, which is looked at by itself."),
  paused: (group, { pause }) =>
    `It ends earlier with: failoverd resume${pause?.ofAll === true ? "" : ` ${group}`}.`,
  maintenance: needNotWait,
  approval: null,
  rejected: (group) => `To be asked again now: failoverd acknowledge ${group}.`,
  steady: null,
  drilling: (group) =>
    `Whoever wants no move back pauses it: failoverd pause ${group} --for 1h --reason "…".`,
  verifying: null,
  unverified: (group, situation) =>
    `It ends with the first answer through the address. ${takeNote(group, situation)}`,
  "holder-unknown": nextProbes,
  "foreign-holder": always(
    "It ends when a member has the address again, or nobody: the address is never taken from somebody else.",
  ),
  "all-down": needsMember,
  "no-eligible": needsMember,
  unproven: nextProbes,
  "hold-down": needNotWait,
  limit: needNotWait,
  "overall-limit": needNotWait,
  "overall-share": needNotWait,
  "warm-up": needNotWait,
  flapping: needNotWait,
  "changed-by-hand": takeNote,
  unconfirmed: null,
  backoff: null,
  unsafe: nextProbes,
  switchover: null,
  failover: null,
  "brown-out": null,
  "next-member": null,
  failback: null,
  drill: null,
  orphan: null,
  "double-attach": null,
  pool: null,
  "finish-move": null,
};
