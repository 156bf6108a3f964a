/** One scene of the demo: the holder of a group dies, the daemon moves the address, a client measures what it meant. */
import { stepText, type Capabilities } from "../../core/address.ts";
import { moveAtMostMs, timingContract, type TimingContract } from "../../core/contract.ts";
import type { GroupConfig } from "../../config/config.ts";
import { formatAtLeast, formatAtMost } from "../../config/duration.ts";
import { isProbed } from "../../config/stored-healthcheck.ts";
import type { DaemonEvent } from "../../daemon/events.ts";
import { watchOutage } from "./client.ts";
import type { EventFeed } from "./event-feed.ts";
import { entranceOf, type Stage } from "./stage.ts";
import type { Timeline } from "./timeline.ts";

/** The longest that a scene may take before the demo gives up. Milliseconds. */
const sceneDeadlineMs = 60_000;

/** What a scene showed; one entry of the JSON summary. */
export interface Scene {
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** The move was completed, and the new holder answers through the address. */
  readonly moved: boolean;
  /** What was promised before. Milliseconds. */
  readonly contract: TimingContract & { readonly outageAtMostMs: number };
  /** From the kill to the verdict. */
  readonly detectionMs: number;
  readonly steps: readonly { readonly step: string; readonly effect: string; readonly durationMs: number }[];
  /** As the client saw it. */
  readonly outageMs: number;
  readonly requestsFailed: number;
}

export interface Props {
  readonly stage: Stage;
  readonly timeline: Timeline;
  readonly feed: EventFeed;
}

/** Kills the present holder of the group and waits until another one answers through the address. */
export async function playScene(group: GroupConfig, props: Props): Promise<Scene> {
  const { stage, timeline, feed } = props;
  const signal = AbortSignal.timeout(sceneDeadlineMs);
  const holder = group.members.find(isProbed);
  const victim = holder === undefined ? undefined : stage.simulator.backends.get(holder.name);
  if (holder === undefined || victim === undefined)
    throw new Error(`Cannot kill the holder of ${group.name}`);

  const verdict = feed.next((e) => isOf(e, group) && e.type === "transition" && e.to === "unhealthy", signal);
  const ended = feed.next((e) => isOf(e, group) && e.type === "move-ended", signal);
  const steps = feed.collect((e) => isOf(e, group) && e.type === "step-ended");
  const outage = watchOutage(entranceOf(group, stage), holder.name, signal);

  const contract = timingContract(holder.target);
  const outageAtMostMs = contract.latestMs + moveAtMostMs(capabilitiesOf(group, stage));
  timeline.restart();
  timeline.say(group.name, contractText(contract, outageAtMostMs));
  timeline.say(group.name, `kill:    ${holder.name}, the holder of the address, dies`);
  const killedAt = performance.now();
  await victim.kill();
  const [seen, move, detectedAt] = await Promise.all([outage, ended, verdict.then(() => performance.now())]);
  timeline.say(
    group.name,
    `client:  ${seen.servedBy} answers through the address; outage ${formatAtMost(seen.durationMs)}, ${seen.requestsFailed} requests failed`,
  );
  const to = move.type === "move-ended" ? move.move.to.join(", ") : "";
  return {
    group: group.name,
    from: holder.name,
    to,
    moved: move.type === "move-ended" && move.outcome === "completed" && seen.servedBy === to,
    contract: { ...contract, outageAtMostMs },
    detectionMs: Math.round(detectedAt - killedAt),
    steps: steps.events.flatMap((event) =>
      event.type === "step-ended"
        ? [
            {
              step: stepText(event.step),
              effect: event.effect.kind,
              durationMs: Math.round(event.durationMs),
            },
          ]
        : [],
    ),
    outageMs: Math.round(seen.durationMs),
    requestsFailed: seen.requestsFailed,
  };
}

function isOf(event: DaemonEvent, group: GroupConfig): boolean {
  return "group" in event && event.group === group.name;
}

function capabilitiesOf(group: GroupConfig, stage: Stage): Capabilities {
  const bound = stage.service.groups.find(({ config }) => config.name === group.name);
  if (bound === undefined) throw new Error(`Cannot find group ${group.name} in the service`);
  return bound.provider.capabilities;
}

function contractText({ earliestMs, latestMs }: TimingContract, outageAtMostMs: number): string {
  const earliest = formatAtLeast(earliestMs);
  const [latest, most] = [latestMs, outageAtMostMs].map(formatAtMost);
  return `promise: a dead holder is found after ${earliest} to ${latest}, the outage is at most ${most}`;
}
