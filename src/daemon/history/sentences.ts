/**
 * An explanation in sentences, for somebody who was woken by it: first what is done and by which rule, then what would be done
 * without that rule, how long it lasts and who can end it, and then member by member from the probes to the limitation.
 */
import { stepText } from "../../core/address.ts";
import { stateOf } from "../../core/rules.ts";
import { distrustText } from "../../core/trust.ts";
import type { Situation } from "../situation.ts";
import { endingText } from "./endings.ts";
import type { Explanation, Story } from "./explanation.ts";
import { memberText, probesText, type MemberStory } from "./member-text.ts";
import { throughAddress } from "../journal/runs.ts";
import { orderText, type TimeText } from "./time-text.ts";

type Told = Extract<Story, { kind: "told" }>;

/** @returns paragraphs of one or more sentences each; the first says it all. */
export function sentencesOf(explanation: Explanation, time: TimeText): readonly string[] {
  const { group, atWallMs, story } = explanation;
  switch (story.kind) {
    case "told":
      return toldText(explanation, story, time);
    case "not-running":
      return [notRunningText(story, time(atWallMs), time)];
    case "not-judged":
      return [
        `At ${time(atWallMs)} the daemon ${story.startedWallMs === null ? "was running" : `had been running since ${time(story.startedWallMs)}`}, and had no plan for ${group} yet, so nothing was moved.`,
      ];
    case "not-recorded":
      return [
        story.beginsWallMs === null
          ? `Nothing is recorded about ${group} at ${time(atWallMs)}, nor at any other time.`
          : `Nothing is recorded about ${group} at ${time(atWallMs)}: what is recorded of it begins at ${time(story.beginsWallMs)}.`,
      ];
    case "in-future":
      return [`${time(atWallMs)} is in the future, so nothing is known of it.`];
  }
}

function notRunningText(
  { sinceWallMs, stopped, untilWallMs }: Extract<Story, { kind: "not-running" }>,
  at: string,
  time: TimeText,
): string {
  const from =
    sinceWallMs === null
      ? ""
      : stopped
        ? ` It had been stopped at ${time(sinceWallMs)}.`
        : ` The last sign of it is from ${time(sinceWallMs)}, and it did not end of its own will: the process was killed, or its machine went down.`;
  const until = untilWallMs === null ? "" : ` The next one began at ${time(untilWallMs)}.`;
  return `At ${at} no failoverd was running, so nothing was probed, decided or moved.${from}${until}`;
}

function toldText(explanation: Explanation, story: Told, time: TimeText): readonly string[] {
  const { group, atWallMs, isNow } = explanation;
  const { situation, sinceWallMs } = story;
  const when = isNow ? "now" : `at ${time(atWallMs)}`;
  const since = sinceWallMs < atWallMs ? ` This has been so since ${time(sinceWallMs)}.` : "";
  const way = wayText(story, time);
  return [
    `${group} ${when}: ${verdictText(situation)}${since}`,
    holdersText(situation, isNow, time),
    ...withoutRule(situation),
    ...endingText(group, situation, time),
    ...standingText(group, situation, time),
    ...situation.members.map((member) => memberText(member, storyOf(member.name, explanation, story), time)),
    ...(way === null ? [] : [way]),
  ];
}

function storyOf(
  name: string,
  { atWallMs }: Explanation,
  { situation, probes, transitions }: Told,
): MemberStory {
  return {
    atWallMs,
    holds: situation.holders?.includes(name) ?? false,
    runs: probes.find(({ member }) => member === name)?.runs ?? [],
    transition: transitions.find(({ member }) => member === name) ?? null,
  };
}

function verdictText({ kind, rule, why, step, mode }: Situation): string {
  if (kind === "act") {
    const what = step === null ? "a move" : stepText(step);
    return mode === "shadow"
      ? `it would take the step ${what}, but with mode: shadow it only watches (rule ${rule}): ${why}.`
      : `it takes the step ${what} (rule ${rule}): ${why}.`;
  }
  const state = stateOf(rule);
  const done =
    state === "blind"
      ? "nothing is decided"
      : state === "steady"
        ? "nothing is to be done"
        : "nothing is done";
  return `${done} (rule ${rule}): ${why}.`;
}

function holdersText(
  { holders, foreign, truthWallMs, move }: Situation,
  isNow: boolean,
  time: TimeText,
): string {
  const asked = truthWallMs === null || !isNow ? "" : ` The provider was last asked at ${time(truthWallMs)}.`;
  const under =
    move === null
      ? ""
      : ` A move (${move.trigger}) to ${move.to.join(", ")} is under way since ${time(move.startedWallMs)}.`;
  if (holders === null) return `Who holds the address is not known.${asked}${under}`;
  const all = [...holders, ...foreign.map((id) => `${id} (no member)`)];
  const verb = all.length > 1 ? "hold" : "holds";
  return `${all.length === 0 ? "Nobody" : all.join(" and ")} ${verb} the address.${asked}${under}`;
}

function withoutRule({ kind, step, wanted, rule, why }: Situation): readonly string[] {
  if (kind === "act" || step === null) return [];
  const reason = wanted === null || why.includes(wanted.why) ? "" : `, since ${wanted.why}`;
  return [`Without the rule ${rule} the next step would be: ${stepText(step)}${reason}.`];
}

/** What holds besides the rule that decided, and would matter next. */
function standingText(group: string, situation: Situation, time: TimeText): readonly string[] {
  const { rule, pause, distrust } = situation;
  const lines: string[] = [];
  if (pause !== null && rule !== "paused")
    lines.push(`${pause.ofAll ? "All groups are" : `${group} is`} paused by ${orderText(pause, time)}.`);
  if (distrust !== null && rule !== "self-distrust")
    lines.push(`We do not trust ourselves: ${distrustText(distrust)}.`);
  return lines;
}

function wayText({ situation, probes }: Told, time: TimeText): string | null {
  const { path } = situation;
  if (path === null) return null;
  const runs = probes.find(({ member }) => member === throughAddress)?.runs ?? [];
  const intervalMs = Math.min(...situation.members.flatMap(({ pace }) => pace?.intervalMs ?? []));
  const waits = path.pending === null ? "" : `, and the move to ${path.pending} is not verified yet`;
  return `The way through the address is ${path.health}${waits}. ${probesText(runs, intervalMs, time)}`;
}
