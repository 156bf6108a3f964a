/** `failoverd plan`: what the config promises, how things are now, and what the daemon would do about it. */
import type { Capabilities, Reading } from "../core/address.ts";
import { stepText } from "../core/address.ts";
import { causeSentence } from "../core/cause.ts";
import { moveAtMostMs, timingContract, type TimingContract } from "../core/contract.ts";
import type { GroupFacts, MemberFacts } from "../core/facts.ts";
import { plan, type Plan } from "../core/plan.ts";
import type { ProbeResult } from "../core/probe-result.ts";
import { trusted } from "../core/trust.ts";
import { targetUrl } from "../core/target.ts";
import { formatDuration } from "../config/duration.ts";
import { bindGroups } from "../daemon/bind.ts";
import { systemClock } from "../daemon/clock.ts";
import type { BoundGroup } from "../daemon/daemon.ts";
import { probe } from "../probes/probe.ts";
import { createResolver } from "../probes/resolve.ts";
import { loadConfig } from "./config-option.ts";
import { printJson, printLine, styled, type Output } from "./output.ts";

export interface PlanOptions {
  readonly config?: string;
  readonly offline: boolean;
  readonly json: boolean;
}

interface GroupOutlook {
  readonly group: string;
  readonly contract: readonly (TimingContract & { readonly member: string; readonly target: string })[];
  /** Detection and move together, at most, when no call has to be repeated. Milliseconds. */
  readonly outageAtMostMs: number;
  readonly dnsTtlMs: number | null;
  readonly callsOfMove: readonly string[];
  readonly now: Now | null;
}

/** What was seen by asking the provider once and probing each member once. */
interface Now {
  readonly reading: Reading;
  readonly probes: readonly { readonly member: string; readonly result: ProbeResult }[];
  readonly plan: Plan;
  /** What would be done if every holder were found dead. */
  readonly ifHolderDies: Plan;
}

export async function printPlan(options: PlanOptions, output: Output): Promise<void> {
  const { config } = loadConfig(options.config);
  const bound = bindGroups(config, { clock: systemClock, random: Math.random, onRequest: () => undefined });
  try {
    const outlooks = await Promise.all(bound.groups.map((group) => outlookOf(group, options.offline)));
    if (options.json) printJson(output, { groups: outlooks });
    else for (const outlook of outlooks) printOutlook(outlook, output);
  } finally {
    await bound.close();
  }
}

async function outlookOf(group: BoundGroup, offline: boolean): Promise<GroupOutlook> {
  const { config, provider } = group;
  const contract = config.members.map(({ name, target }) => ({
    member: name,
    target: targetUrl(target),
    ...timingContract(target),
  }));
  const { actsOn } = provider.capabilities;
  return {
    group: config.name,
    contract,
    outageAtMostMs: Math.max(...contract.map((row) => row.latestMs)) + moveAtMostMs(provider.capabilities),
    dnsTtlMs: actsOn.kind === "dns" ? actsOn.ttlMs : null,
    callsOfMove: provider.callsOfMove,
    now: offline ? null : await lookNow(group),
  };
}

async function lookNow({ config, provider }: BoundGroup): Promise<Now> {
  const signal = new AbortController().signal;
  const resolve = createResolver();
  const services = { now: () => systemClock.now(), resolve, signal };
  const [reading, probes] = await Promise.all([
    provider.read(AbortSignal.timeout(provider.capabilities.readDeadlineMs)),
    Promise.all(
      config.members.map(async ({ name, target }) => ({
        member: name,
        result: await probe(target, services),
      })),
    ),
  ]);
  const given = factsOf({ config, provider }, reading, probes);
  return { reading, probes, plan: plan(given), ifHolderDies: plan(withDeadHolders(given)) };
}

/** One probe stands for the health that the daemon would find if all the others were like it. */
function factsOf({ config, provider }: BoundGroup, reading: Reading, probes: Now["probes"]): GroupFacts {
  const now = systemClock.now();
  const capabilities: Capabilities = provider.capabilities;
  return {
    now,
    startedAt: -Infinity,
    policy: config.policy,
    capabilities,
    trust: trusted,
    members: config.members.map(({ name, target }): MemberFacts => {
      const result = probes.find((each) => each.member === name)?.result;
      const health =
        result?.outcome === "pass" ? "healthy" : result?.outcome === "fail" ? "unhealthy" : "unknown";
      const evidence = result === undefined || health === "unknown" ? null : { at: now, cause: result.cause };
      return { name, pace: target, evidence, refusal: null, health: { health, since: now, strikes: null } };
    }),
    truth: { reading, at: now, sameSince: -Infinity },
    history: { moves: [], inFlight: null, changedByHand: null, notBefore: 0 },
  };
}

function withDeadHolders(facts: GroupFacts): GroupFacts {
  const { reading } = facts.truth;
  const holders = reading?.kind === "known" ? reading.holders : [];
  const members = facts.members.map((member): MemberFacts => {
    if (!holders.includes(member.name)) return member;
    const health = { health: "unhealthy", since: facts.now, strikes: null } as const;
    return { ...member, health, evidence: { at: facts.now, cause: "refused" } };
  });
  return { ...facts, members };
}

function printOutlook(outlook: GroupOutlook, output: Output): void {
  const line = (text: string): void => printLine(output.stdout, `  ${text}`);
  printLine(output.stdout, styled(output, "bold", outlook.group));
  for (const { member, target, earliestMs, latestMs } of outlook.contract) {
    const [earliest, latest] = [formatDuration(earliestMs), formatDuration(latestMs)];
    line(`${member}  ${target}`);
    line(`            found dead after ${earliest} to ${latest}`);
    line(`            an outage under ${earliest} can never trigger, one over ${latest} always does`);
  }
  line(
    `outage:     at most ${formatDuration(outlook.outageAtMostMs)}, all deadlines used up and no call repeated`,
  );
  if (outlook.dnsTtlMs !== null)
    line(`            and up to ${formatDuration(outlook.dnsTtlMs)} more for cached DNS answers`);
  for (const [i, calls] of outlook.callsOfMove.entries())
    line(`${i === 0 ? "a move:     " : "            "}${calls}`);
  if (outlook.now !== null) printNow(outlook.now, line);
  printLine(output.stdout);
}

function printNow({ reading, probes, plan, ifHolderDies }: Now, line: (text: string) => void): void {
  for (const { member, result } of probes) {
    const detail = result.detail === null ? "" : `: ${result.detail}`;
    line(
      `probe:      ${member} ${causeSentence(result.cause)} (${Math.round(result.durationMs)} ms)${detail}`,
    );
  }
  const holders =
    reading.kind === "known" ? [...reading.holders, ...reading.foreign].join(", ") || "nobody" : "not known";
  line(`held by:    ${holders}`);
  line(`now:        ${planLine(plan)}`);
  line(`if it dies: ${planLine(ifHolderDies)}`);
}

function planLine(next: Plan): string {
  if (next.kind === "act") return `${stepText(next.step)}: ${next.why}`;
  return `nothing would be moved: ${next.why}`;
}
