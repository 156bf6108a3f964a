/**
 * `failoverd check`: is the config right, and with `--online`, would a move work? The providers are asked, and each member is probed
 * once from here: that it does not answer is a warning only, since here may not be where the daemon runs.
 */
import { causeText } from "../core/cause.ts";
import { timingContract } from "../core/contract.ts";
import { formatProblem } from "../config/problem.ts";
import type { BoundGroup } from "../daemon/group.ts";
import type { GroupConfig } from "../config/config.ts";
import { formatAtLeast, formatAtMost } from "../config/duration.ts";
import { usesStored } from "../config/stored-healthcheck.ts";
import { askStored, healthcheckFindings, type StoredNow } from "../daemon/healthcheck-watch.ts";
import { finding } from "../providers/findings.ts";
import type { Finding } from "../providers/provider.ts";
import { verdictOf, type Verdict } from "../providers/readiness.ts";
import { askGroups } from "./bound-groups.ts";
import { loadConfig } from "./config-option.ts";
import { diffWithDaemon, printDiff } from "./check-diff.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { probeMembers, type MemberProbe } from "./probe-members.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";
import type { EndpointOptions } from "./endpoint-option.ts";

export interface CheckOptions extends EndpointOptions {
  /** Compare with the daemon that runs. */
  readonly diff: boolean;
  readonly online: boolean;
  readonly json: boolean;
}

interface GroupFindings extends Verdict {
  readonly group: string;
  readonly findings: readonly Finding[];
}

export async function check(options: CheckOptions, output: Output): Promise<void> {
  const { config, warnings, path } = loadConfig(options.config, (path, problems) => {
    if (options.json) printJson(output, { config: path, problems });
  });
  const online = options.online ? await askGroups(config, findingsOf) : [];
  const diff = options.diff ? await diffWithDaemon(config, options, output) : null;
  if (options.json) {
    const told = diff === null ? {} : { diff };
    printJson(output, { config: path, groups: config.groups.length, warnings, online, ...told });
  } else {
    for (const warning of warnings) printLine(output.stderr, formatProblem(warning, path));
    const members = config.groups.reduce((sum, group) => sum + group.members.length, 0);
    printLine(output.stdout, `${path} is valid: groups ${config.groups.length}, members ${members}`);
    if (!options.online)
      for (const group of config.groups.filter(usesStored)) printLine(output.stdout, storedLine(group));
    for (const group of online) printFindings(group, output);
    if (diff !== null) printDiff(diff, output);
  }
  const count = (wanted: Finding["severity"]): number =>
    online.flatMap(({ findings }) => findings).filter(({ severity }) => severity === wanted).length;
  if (count("error") > 0)
    throw new CliError(`A failover would fail now; problems found: ${count("error")}`, exitCodes.failed);
  if (count("unknown") > 0) {
    const text = `Cannot tell whether a failover would work; questions without an answer: ${count("unknown")}`;
    throw new CliError(text, exitCodes.failed);
  }
}

async function findingsOf(group: BoundGroup): Promise<GroupFindings> {
  const { config, provider } = group;
  const stored = usesStored(config) ? await askStored(group) : null;
  const [found, probes] = await Promise.all([
    provider.check(AbortSignal.timeout(60_000)),
    probeMembers((stored?.config ?? config).members),
  ]);
  const healthcheck = stored === null ? [] : healthcheckFinding(stored, config);
  const findings = [...found, ...healthcheck, ...probes.map(probeFinding)];
  return { group: config.name, ...verdictOf(findings), findings };
}

function storedLine(group: GroupConfig): string {
  return `${group.name}: the healthcheck is the one stored at ${group.address.id}, which check --online and plan show`;
}

function healthcheckFinding(stored: StoredNow, config: GroupConfig): readonly Finding[] {
  const source = config.address.id;
  const { text, trouble, pace } = stored;
  if (text === null || pace === null) return healthcheckFindings({ source, text, trouble, ageMs: null });
  const { earliestMs, latestMs } = timingContract(pace);
  const found = `found dead after ${formatAtLeast(earliestMs)} to ${formatAtMost(latestMs)}`;
  return [finding("ok", `Members are probed by what is stored at ${source}: ${text}; ${found}`)];
}

function probeFinding({ member, result }: MemberProbe): Finding {
  if (result.outcome === "pass") return finding("ok", `${member} passes its probe from here`);
  const detail = result.detail === null ? "" : `: ${result.detail}`;
  return finding(
    "warning",
    `${member} could not receive the address, judged by one probe from here: ${causeText(member, result.cause)}${detail}`,
    "Put it in order, or correct its target; failoverd probe shows each phase of a probe",
  );
}

const marks = {
  ok: { style: "green", text: "ok     " },
  warning: { style: "yellow", text: "warning" },
  error: { style: "red", text: "error  " },
  unknown: { style: "yellow", text: "unknown" },
} as const;

function printFindings({ group, findings }: GroupFindings, output: Output): void {
  printLine(output.stdout, `\n${styled(output, "bold", group)}`);
  for (const { severity, text, fix } of findings) {
    const { style, text: mark } = marks[severity];
    printLine(output.stdout, `  ${styled(output, style, mark)}  ${text}`);
    if (fix !== null) printLine(output.stdout, `           ${styled(output, "dim", `fix: ${fix}`)}`);
  }
}
