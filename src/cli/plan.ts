/** `failoverd plan`: what the config promises, how things are now, and what the daemon would do about it. */
import { stepText } from "../core/address.ts";
import { causeText } from "../core/cause.ts";
import type { Plan } from "../core/plan.ts";
import { formatAtLeast, formatAtMost, formatDuration } from "../config/duration.ts";
import { askGroups } from "./bound-groups.ts";
import { loadConfig } from "./config-option.ts";
import { outlookOf, type CalendarOutlook, type GroupOutlook, type Now } from "./outlook.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";

export interface PlanOptions {
  readonly config?: string;
  readonly offline: boolean;
  readonly json: boolean;
}

export async function printPlan(options: PlanOptions, output: Output): Promise<void> {
  const { config } = loadConfig(options.config);
  const outlooks = await askGroups(config, (group) => outlookOf(group, config, options.offline));
  if (options.json) printJson(output, { groups: outlooks });
  else for (const outlook of outlooks) printOutlook(outlook, output);
}

function printOutlook(outlook: GroupOutlook, output: Output): void {
  const line = (text: string): void => printLine(output.stdout, `  ${text}`);
  printLine(output.stdout, styled(output, "bold", outlook.group));
  const { healthcheck } = outlook;
  if (healthcheck !== null)
    line(
      `healthcheck: stored at ${healthcheck.source}: ${healthcheck.text ?? `not known, ${healthcheck.trouble}`}`,
    );
  for (const { member, target, earliestMs, latestMs, withoutFast, watched, hides } of outlook.contract) {
    const [earliest, latest] = [formatAtLeast(earliestMs), formatAtMost(latestMs)];
    line(`${member}  ${target}`);
    line(`            found dead after ${earliest} to ${latest}`);
    if (watched)
      line(`            watched: a reset or close is noticed at once, so mostly soon after ${earliest}`);
    if (withoutFast !== null) {
      const [from, to] = [formatAtLeast(withoutFast.earliestMs), formatAtMost(withoutFast.latestMs)];
      line(
        `            without fast-interval after ${from} to ${to}, and an outage under ${from} would pass`,
      );
    }
    line(`            an outage under ${earliest} can never trigger, one over ${latest} always does`);
    for (const { option, what, forMs } of hides) {
      line(`            ${option} hides for up to ${formatDuration(forMs)} ${what}`);
    }
  }
  const atMost =
    outlook.outageAtMostMs === null
      ? "not known, since it is not known how members are probed"
      : `at most ${formatAtMost(outlook.outageAtMostMs)}, all deadlines used up and no call repeated`;
  line(`outage:     ${atMost}`);
  if (outlook.dnsTtlMs !== null)
    line(`            and up to ${formatDuration(outlook.dnsTtlMs)} more for cached DNS answers`);
  for (const [i, calls] of outlook.callsOfMove.entries())
    line(`${i === 0 ? "a move:     " : "            "}${calls}`);
  for (const each of outlook.calendar) line(calendarLine(each));
  if (outlook.now !== null) printNow(outlook.now, line);
  printLine(output.stdout);
}

/** Instants as the clock on the wall of that timezone shows them. */
function calendarLine({ kind, cron, timezone, lastsMs, mode, openUntil, next }: CalendarOutlook): string {
  const at = (stamp: string): string => new Date(stamp).toLocaleString("sv-SE", { timeZone: timezone });
  const present = openUntil === null ? "" : `open until ${at(openUntil)}, `;
  const coming = next === null ? "never again" : `next at ${at(next)}`;
  const means =
    kind === "drill" ? `back after ${formatDuration(lastsMs)}` : `for ${formatDuration(lastsMs)}, ${mode}`;
  return (
    `${kind}:`.padEnd(12) +
    `${kind.length > 10 ? " " : ""}${present}${coming} (${cron}, ${timezone}; ${means})`
  );
}

function printNow(
  { reading, preflight, probes, plan, ifHolderDies }: Now,
  line: (text: string) => void,
): void {
  for (const { member, result } of probes) {
    const detail = result.detail === null ? "" : `: ${result.detail}`;
    line(`probe:      ${causeText(member, result.cause)} (${Math.round(result.durationMs)} ms)${detail}`);
  }
  const holders =
    reading.kind === "known" ? [...reading.holders, ...reading.foreign].join(", ") || "nobody" : "not known";
  line(`held by:    ${holders}`);
  line(`preflight:  ${preflightLine(preflight)}`);
  line(`now:        ${planLine(plan)}`);
  line(`if it dies: ${planLine(ifHolderDies)}`);
}

function preflightLine({ readiness, why }: Now["preflight"]): string {
  switch (readiness) {
    case "ready":
      return "a move would work, so far as can be told without one";
    case "broken":
      return `a move would fail: ${why}; failoverd check --online names each fix`;
    case "unknown":
      return `whether a move would work is not known: ${why}`;
  }
}

function planLine(next: Plan): string {
  if (next.kind === "act") return `${stepText(next.step)}: ${next.why}`;
  return `nothing would be moved: ${next.why}`;
}
