/** `failoverd status`: what the daemon sees, does and has been told, and why. */
import { formatDuration } from "../config/duration.ts";
import type { GroupStatus, MemberStatus, OrderStatus, StandingStatus, Status } from "../server/api/status.ts";
import { ask, askingOf, type Asking, type AskOptions } from "./ask.ts";
import { printJson, printLine, styled, type Output, type Style } from "./output.ts";
import { statusShape } from "../server/api/status-shape.ts";
import { tableLines, wrapped } from "./table.ts";
import { strange } from "./unreachable.ts";

export interface StatusOptions extends AskOptions {
  /** Again and again, until somebody ends it. */
  readonly watch: boolean;
  /** From look to look, as a duration. */
  readonly interval: string;
}

export async function printStatus(options: StatusOptions, output: Output): Promise<void> {
  const asking = askingOf(options, output);
  if (options.watch) await (await import("./watch-status.ts")).watchStatus(asking, options.interval);
  else if (options.json) printJson(output, await ask({ method: "GET", path: "/api/v1/status" }, asking));
  else for (const line of statusLines(await askStatus(asking), output)) printLine(output.stdout, line);
}

/** @throws CliError as `ask` does, and with exit code 4 when the answer is no status. */
export async function askStatus(asking: Asking): Promise<Status> {
  const status = statusShape.safeParse(await ask({ method: "GET", path: "/api/v1/status" }, asking));
  if (!status.success) throw strange(asking.endpoint);
  return status.data;
}

/** @returns lines of at most 80 columns, so far as names allow. */
export function statusLines(status: Status, output: Pick<Output, "colours">): readonly string[] {
  const { groups, orders, distrust, behind, configTrouble } = status;
  const members = groups.flatMap((group) => group.members.map((member) => memberRow(group, member)));
  const calendar = groups.flatMap((group) => calendarRows(group));
  const routes = groups.flatMap((group) => preflightRow(group));
  const healthchecks = groups.flatMap((group) => healthcheckRow(group));
  const questions = groups.flatMap((group) => questionRow(group));
  return [
    `failoverd ${status.version}, process ${status.pid}, up ${shortTime(status.upMs)}`,
    ...(distrust === null
      ? []
      : [styled(output, "red", `no probe counts and nothing moves: ${distrust.text}`)]),
    ...(behind === null ? [] : [styled(output, "red", behind)]),
    ...(configTrouble === null
      ? []
      : wrapped(`the config file is refused, the one before goes on: ${configTrouble}`, 80).map((line) =>
          styled(output, "red", line),
        )),
    ...section(output, ["GROUP", "STATE", "SINCE", "HOLDER", "WHY"], groups.map(groupRow)),
    ...section(output, ["MEMBER", "HEALTH", "SINCE", "MAY RECEIVE THE ADDRESS"], members),
    ...(healthchecks.length === 0 ? [] : section(output, ["GROUP", "HEALTHCHECK OF", "IS"], healthchecks)),
    ...(routes.length === 0 ? [] : section(output, ["GROUP", "A FAILOVER NOW", "WHY"], routes)),
    ...(calendar.length === 0 ? [] : section(output, ["CALENDAR", "WHAT", "WHEN"], calendar)),
    ...(orders.length === 0
      ? []
      : section(output, ["ORDER", "TIME LEFT", "BY", "REASON"], orders.map(orderRow))),
    ...(questions.length === 0 ? [] : section(output, ["WAITS FOR APPROVAL", "MOVE", "WHY"], questions)),
  ];
}

function section(
  output: Pick<Output, "colours">,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const [head = "", ...lines] = tableLines(header, rows);
  return ["", styled(output, "bold", head), ...lines.map((line) => coloured(output, line))];
}

/** States and healths are the only words of a table that are coloured; padding has been done by then. */
function coloured(output: Pick<Output, "colours">, line: string): string {
  return line.replace(/^(\S+ +)(\w+)/, (_, name: string, word: string) => {
    const style = styles[word];
    return `${name}${style === undefined ? word : styled(output, style, word)}`;
  });
}

const styles: Readonly<Record<string, Style>> = {
  steady: "green",
  healthy: "green",
  moving: "cyan",
  starting: "yellow",
  unknown: "yellow",
  blind: "red",
  blocked: "red",
  unverified: "red",
  unhealthy: "red",
};

function groupRow(group: GroupStatus): readonly string[] {
  const { name, state, stateAgeMs, paused, holders, foreign, why } = group;
  const all = holders === null ? ["not known"] : [...holders, ...foreign];
  return [
    name,
    `${state}${paused === null ? "" : ", paused"}`,
    shortTime(stateAgeMs),
    all.join(", ") || "nobody",
    why ?? "nothing is decided yet",
  ];
}

function memberRow(group: GroupStatus, member: MemberStatus): readonly string[] {
  const holds = group.holders?.includes(member.name) === true;
  const may = member.limitation === null ? "yes" : `no: ${withoutName(member.limitation, member.name)}`;
  return [
    `${group.name}/${member.name}`,
    healthText(member),
    shortTime(member.healthAgeMs),
    holds ? "holds it" : may,
  ];
}

/** The row has named it already: `web-a is unhealthy` becomes `unhealthy`. */
function withoutName(limitation: string, name: string): string {
  return limitation.startsWith(`${name} `)
    ? limitation.slice(name.length + 1).replace(/^is /, "")
    : limitation;
}

/** e.g. `healthy 2/3`, `unhealthy, forced healthy`, `healthy, drained`. */
function healthText({ health, realHealth, forced, drained, strikes, brownOut }: MemberStatus): string {
  const counted = strikes === null ? "" : ` ${strikes.count}/${strikes.needed}`;
  return [
    `${realHealth}${counted}`,
    ...(forced === null ? [] : [`forced ${health}`]),
    ...(brownOut === null ? [] : [`${brownOut.fails} of ${brownOut.of} failed`]),
    ...(drained === null ? [] : ["drained"]),
  ].join(", ");
}

function orderRow(order: StandingStatus): readonly string[] {
  return [orderName(order), timeLeft(order), order.by, order.reason];
}

/** As the command that gave it, without the command's options. */
function orderName({ kind, group, member, health }: StandingStatus): string {
  if (group === null) return `${kind} all groups`;
  return [kind, group, member, health].filter((part) => part !== null).join(" ");
}

function timeLeft({ leftMs }: OrderStatus): string {
  return leftMs === null ? "no end" : shortTime(leftMs);
}

/** Only what is to be worried about: a group that is in order has no row. */
function preflightRow({ name, preflight }: GroupStatus): readonly (readonly string[])[] {
  const { readiness, why, ageMs } = preflight;
  if (readiness === "ready" || (readiness !== "broken" && ageMs === null)) return [];
  return [[name, readiness === "broken" ? "would fail" : "not known", why ?? ""]];
}

function healthcheckRow({ name, healthcheck }: GroupStatus): readonly (readonly string[])[] {
  if (healthcheck === null) return [];
  const { source, text, trouble } = healthcheck;
  const now =
    text ?? (trouble === null ? "not read yet, so no member is probed" : "not known, so no member is probed");
  return [[name, source, trouble === null ? now : `${now}; not followed now: ${trouble}`]];
}

function calendarRows({ name, calendar }: GroupStatus): readonly (readonly string[])[] {
  const { maintenance, nextMaintenanceInMs, drill, nextDrillInMs, lastDrillAt } = calendar;
  const next = (ms: number | null): readonly string[] => (ms === null ? [] : [`next in ${shortTime(ms)}`]);
  const now =
    maintenance === null
      ? []
      : [`now, ${shortTime(maintenance.leftMs)} left, mode ${maintenance.mode} (${maintenance.text})`];
  const under = drill === null ? [] : [`now: ${drill.home} is to get the address back from ${drill.away}`];
  const last = lastDrillAt === null ? [] : [`last good one ${lastDrillAt.slice(0, 10)}`];
  const rows = [
    ["maintenance", [...now, ...next(nextMaintenanceInMs)]],
    ["drill", [...under, ...next(nextDrillInMs), ...last]],
  ] as const;
  return rows.flatMap(([what, when]) => (when.length === 0 ? [] : [[name, what, when.join(", ")]]));
}

function questionRow({ name, question }: GroupStatus): readonly (readonly string[])[] {
  if (question === null) return [];
  const { id, holders, why, leftMs } = question;
  return [[name, id, `to ${holders.join(", ")}, asked anew in ${shortTime(leftMs)}: ${why}`]];
}

/** To the second, from an hour on to the minute, and from two days on to the hour. */
export function shortTime(ms: number): string {
  const hourMs = 3_600_000;
  const unitMs = ms >= 48 * hourMs ? hourMs : ms >= hourMs ? 60_000 : 1_000;
  return formatDuration(Math.floor(ms / unitMs) * unitMs);
}
