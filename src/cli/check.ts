/** `failoverd check`: is the config right, and with `--online`, would a move work? */
import { formatProblem } from "../config/problem.ts";
import { bindGroups } from "../daemon/bind.ts";
import { systemClock } from "../daemon/clock.ts";
import type { BoundGroup } from "../daemon/group.ts";
import type { Config } from "../config/config.ts";
import type { Finding } from "../providers/provider.ts";
import { loadConfig } from "./config-option.ts";
import { diffWithDaemon, printDiff } from "./check-diff.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";
import type { EndpointOptions } from "./endpoint-option.ts";

export interface CheckOptions extends EndpointOptions {
  /** Compare with the daemon that runs. */
  readonly diff: boolean;
  readonly online: boolean;
  readonly json: boolean;
}

interface GroupFindings {
  readonly group: string;
  readonly findings: readonly Finding[];
}

export async function check(options: CheckOptions, output: Output): Promise<void> {
  const { config, warnings, path } = loadConfig(options.config);
  const online = options.online ? await checkOnline(config) : [];
  const diff = options.diff ? await diffWithDaemon(config, options, output) : null;
  if (options.json) {
    const told = diff === null ? {} : { diff };
    printJson(output, { config: path, groups: config.groups.length, warnings, online, ...told });
  } else {
    for (const warning of warnings) printLine(output.stderr, formatProblem(warning, path));
    const members = config.groups.reduce((sum, group) => sum + group.members.length, 0);
    printLine(output.stdout, `${path} is valid: groups ${config.groups.length}, members ${members}`);
    for (const group of online) printFindings(group, output);
    if (diff !== null) printDiff(diff, output);
  }
  const errors = online.flatMap(({ findings }) => findings).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw new CliError(`A failover would fail now: ${errors.length} problems found`, exitCodes.failed);
  }
}

async function checkOnline(config: Config): Promise<readonly GroupFindings[]> {
  const bound = bindGroups(config, {
    clock: systemClock,
    random: Math.random,
    onRequest: () => undefined,
  });
  try {
    return await Promise.all(bound.groups.map(findingsOf));
  } finally {
    await bound.close();
  }
}

async function findingsOf({ config, provider }: BoundGroup): Promise<GroupFindings> {
  return { group: config.name, findings: await provider.check(AbortSignal.timeout(60_000)) };
}

const marks = {
  ok: { style: "green", text: "ok     " },
  warning: { style: "yellow", text: "warning" },
  error: { style: "red", text: "error  " },
} as const;

function printFindings({ group, findings }: GroupFindings, output: Output): void {
  printLine(output.stdout, `\n${styled(output, "bold", group)}`);
  for (const { severity, text, fix } of findings) {
    const { style, text: mark } = marks[severity];
    printLine(output.stdout, `  ${styled(output, style, mark)}  ${text}`);
    if (fix !== null) printLine(output.stdout, `           ${styled(output, "dim", `fix: ${fix}`)}`);
  }
}
