/** Rules about maintenance windows and drills. */
import { kinds } from "../providers/kinds.ts";
import { isTimezone, machineTimezone, parseCron, type Pattern } from "./cron.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { policyKey } from "./effective.ts";
import type { DrillFile } from "./file-shape.ts";
import type { Path } from "./problem.ts";
import { drillDefaults } from "./resolve-calendar.ts";
import type { RuleContext } from "./rule-context.ts";
import { failbackLeastMs, providerOf } from "./rules-groups.ts";
import { nearest } from "./shape.ts";

/**
 * Whether a pattern ever comes must not depend on today: a file with a window of last year is still a good one. A few weeks later
 * the clocks change in Europe and America.
 */
const fromWallMs = Date.UTC(2000, 1, 15);
/** So many runs of a pattern are compared, and of all patterns of a file: a reload must not hold up the probes. */
const runsOfPattern = 64;
const runsOfFile = 2_000;

export function checkCalendar(context: RuleContext): void {
  const budget = { runs: runsOfFile };
  for (const [i, window] of (context.file.maintenance ?? []).entries()) {
    const path = ["maintenance", i];
    const length = { key: "for", ms: parseDuration(window.for) ?? 0 };
    checkTimes(context, path, { ...window, length, budget });
    for (const [j, group] of (window.groups ?? []).entries())
      checkGroup(context, [...path, "groups", j], group);
  }
  const seen = new Set<string>();
  for (const [i, drill] of (context.file.drills ?? []).entries()) {
    const path = ["drills", i];
    const [windowMs, holdMs] = [drill.window ?? drillDefaults.window, drill.hold ?? drillDefaults.hold].map(
      (text) => parseDuration(text) ?? 0,
    );
    const ms = (windowMs ?? 0) + (holdMs ?? 0);
    checkTimes(context, path, { ...drill, length: { key: "window and hold", ms }, budget });
    checkGroup(context, [...path, "group"], drill.group);
    checkDrill(context, path, drill);
    if (seen.has(drill.group)) {
      const text = `group ${context.quote([...path, "group"])} has another drill already: one pattern can name several times`;
      context.error("drill-duplicate", [...path, "group"], text);
    }
    seen.add(drill.group);
  }
}

interface Times {
  readonly cron: string;
  readonly timezone?: string;
  readonly length: { readonly key: string; readonly ms: number };
  /** How many runs may still be computed for this file. */
  readonly budget: { runs: number };
}

function checkTimes(context: RuleContext, path: Path, { cron, timezone, length, budget }: Times): void {
  if (timezone !== undefined && !isTimezone(timezone)) {
    const at = [...path, "timezone"];
    const near = context.isReference(at) ? null : nearest(timezone, Intl.supportedValuesOf("timeZone"));
    const hint = near === null ? "wanted is a name such as Europe/Zurich or UTC" : `did you mean "${near}"?`;
    context.error("timezone-unknown", at, `there is no timezone ${context.quote(at)}: ${hint}`);
    return;
  }
  const at = [...path, "cron"];
  const pattern = parseCron(cron, timezone ?? machineTimezone());
  const got = context.quote(at);
  if ("failure" in pattern) {
    const text = `cron must be a pattern such as "0 3 * * SUN": got ${got} (${pattern.failure})`;
    context.error("cron-syntax", at, text);
    return;
  }
  const first = pattern.next(fromWallMs);
  if (first === null) {
    context.error("cron-never", at, `cron must be a pattern that comes at least once: ${got} never does`);
    return;
  }
  const leastMs = leastBetween(pattern, first, budget);
  if (length.ms < leastMs) return;
  const [is, least] = [formatDuration(length.ms), formatDuration(leastMs)];
  const text = `${length.key} must be shorter than the time until the pattern comes again: ${is} >= ${least} (${got})`;
  context.error("window-overlap", at, text);
}

/** @returns the least time between two of the first runs, in milliseconds; Infinity: there is only one. */
function leastBetween(pattern: Pattern, first: number, budget: Times["budget"]): number {
  let [last, leastMs] = [first, Infinity];
  for (let i = 0; i < runsOfPattern && budget.runs > 0; i++) {
    budget.runs -= 1;
    const next = pattern.next(last);
    if (next === null) break;
    leastMs = Math.min(leastMs, next - last);
    last = next;
  }
  return leastMs;
}

function checkGroup(context: RuleContext, path: Path, group: string): void {
  // Which groups there are is not known when some are broken.
  if (Object.hasOwn(context.file.groups, group) || context.partial) return;
  const known = Object.keys(context.file.groups);
  const near = context.isReference(path) ? null : nearest(group, known);
  const hint = near === null ? `defined are ${known.join(", ") || "none"}` : `did you mean "${near}"?`;
  context.error("calendar-group", path, `there is no group ${context.quote(path)}: ${hint}`);
}

function checkDrill(context: RuleContext, path: Path, drill: DrillFile): void {
  const group = Object.hasOwn(context.file.groups, drill.group)
    ? context.file.groups[drill.group]
    : undefined;
  if (group === undefined) return;
  const at = [...path, "group"];
  const mode = policyKey(context.file, drill.group, "mode")?.value ?? "auto";
  if (policyKey(context.file, drill.group, "holders")?.value === "all-healthy") {
    const text = `a drill does not go with holders: all-healthy, where every member shows all the time that it works (group "${drill.group}")`;
    context.error("drill-unfit", at, text);
  } else if (mode !== "auto") {
    const text = `a drill moves the address by itself, which mode: ${mode} forbids (group "${drill.group}")`;
    context.error("drill-unfit", at, text);
  }
  const hold = drill.hold ?? drillDefaults.hold;
  const provider = providerOf(context, group);
  if (provider === undefined) return;
  const { title, manner } = kinds[provider.type];
  const leastMs = failbackLeastMs(manner(provider));
  if ((parseDuration(hold) ?? 0) >= leastMs) return;
  const text = `hold must be at least ${formatDuration(leastMs)} with ${title}, twice the DNS time to live: got ${hold} (group "${drill.group}")`;
  context.error("drill-hold-short", [...path, "hold"], text);
}
