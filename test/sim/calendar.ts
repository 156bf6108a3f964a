/**
 * Maintenance windows and drills of one seed, and what they forbid. All of them come every few hours by UTC, so that whether one
 * is open follows from the wall clock by arithmetic, without anything that the daemon itself uses.
 */
import type { Recurrence } from "../../src/config/config.ts";
import type { Move } from "../../src/core/facts.ts";
import type { GroupView } from "./group-view.ts";
import type { Random } from "./random.ts";

const minute = 60_000;
const hour = 60 * minute;

/** What of a group the calendar must know before it is drawn. */
export interface CalendarDraft {
  readonly name: string;
  readonly mayDrill: boolean;
}

/** @returns YAML; nothing for about half of the seeds. */
export function drawCalendar(random: Random, groups: readonly CalendarDraft[]): string {
  if (random.chance(0.5)) return "";
  const cron = (): string => `"${random.int(0, 59)} */${random.pick([2, 3, 4, 6])} * * *"`;
  const maintenance = Array.from({ length: random.int(0, 2) }, () => {
    const some = random.chance(0.5) ? `, groups: [${random.pick(groups).name}]` : "";
    const mode = random.pick(["hold", "hold", "approve"]);
    return `  - { cron: ${cron()}, for: ${random.int(1, 60)}m, timezone: UTC, mode: ${mode}${some} }\n`;
  });
  const drills = groups
    .filter(({ mayDrill }) => mayDrill && random.chance(0.7))
    .map(({ name }) => {
      const [hold, window] = [random.int(1, 20), random.int(5, 60)];
      return `  - { group: ${name}, cron: ${cron()}, hold: ${hold}m, window: ${window}m, timezone: UTC }\n`;
    });
  const list = (key: string, items: readonly string[]): string =>
    items.length === 0 ? "" : `${key}:\n${items.join("")}`;
  return list("maintenance", maintenance) + list("drills", drills);
}

/** @returns true when a run of the pattern, minute and `*\\/hours`, began less than its length ago. */
export function isOpen({ cron, forMs }: Recurrence, wallMs: number): boolean {
  const [, atMinute, hours] = /^(\d+) \*\/(\d+) \* \* \*$/.exec(cron) ?? [];
  const everyMs = Number(hours) * hour;
  const sinceMs = (wallMs - Number(atMinute) * minute) % everyMs;
  return sinceMs < forMs;
}

/** So long before a drill nothing was moved. */
const quietMs = hour;

/** @returns what is wrong with a move that begins now, a sentence for each. @param others of the same process. */
export function calendarWrongs(move: Move, view: GroupView, others: readonly GroupView[]): readonly string[] {
  const { config, process } = view;
  const wallMs = process.wallNow();
  const open = config.calendar.maintenance.filter((window) => isOpen(window, wallMs));
  const wrongs: string[] = [];
  const { trigger } = move;
  if (trigger !== "switchover" && open.some(({ mode }) => mode === "hold"))
    wrongs.push(`R6: a ${trigger} begins in a maintenance window`);
  const waits = config.policy.mode === "auto" && open.some(({ mode }) => mode === "approve");
  if (trigger !== "switchover" && waits && process.now() - view.approvedAt > minute)
    wrongs.push(`R6: a ${trigger} begins in a maintenance window without approval`);
  if (trigger === "drill") wrongs.push(...drillWrongs(move, view, open.length > 0));
  const drilling = trigger === "drill" && others.find((other) => other !== view && other.drill !== null);
  if (drilling) wrongs.push(`R8: a drill begins beside that of ${drilling.config.name}`);
  return wrongs;
}

function drillWrongs({ from, to }: Move, view: GroupView, inMaintenance: boolean): readonly string[] {
  const { config, process, orders, drill, moveTimes, handAt } = view;
  const now = process.now();
  const { calendar, name } = config;
  const wrongs: string[] = [];
  if (calendar.drill === null) return ["R6: a drill that nobody wants"];
  if (inMaintenance) wrongs.push("R6: a drill in a maintenance window");
  if (orders.isPaused(name, process.id)) wrongs.push("R10: a drill while it is paused");
  if (config.policy.mode !== "auto") wrongs.push(`R6: a drill in mode ${config.policy.mode}`);
  const isBack = drill?.phase === "away";
  if (isBack ? to.join() !== drill.home : drill !== null && to.join() !== drill.away)
    wrongs.push(`R9: a drill brings the address to ${to.join("+")}`);
  if (!isBack && !isOpen(calendar.drill, process.wallNow())) wrongs.push("R6: a drill out of its time");
  const needed = isBack ? to : [...from, ...to];
  const unproven = needed.filter((member) => !view.isProven(member));
  if (unproven.length > 0) wrongs.push(`R4: a drill with ${unproven.join("+")}, which is not proven`);
  const drained = needed.filter((member) => orders.isDrained(name, member, process.id));
  if (drained.length > 0) wrongs.push(`R4: a drill with ${drained.join("+")}, which is drained`);
  if (moveTimes.some((at) => now - at < quietMs)) wrongs.push("R6: a drill within an hour after a move");
  if (handAt !== null && now - handAt < quietMs)
    wrongs.push("R16: a drill within an hour after a person's move");
  return wrongs;
}
