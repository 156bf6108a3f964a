/**
 * Would a move work? Asks each provider so again and again, so that a broken escape route is known before the outage and not in it.
 * It only tells, and no decision rests on it.
 *
 * One group at a time, with a budget of calls, and never while a move is under way: a check that a move comes into is given up, and
 * made again after it. What is known of the standby by our own probes is added at each moment, without a call.
 */
import { errorText } from "../core/error-text.ts";
import type { Standby } from "../core/standby.ts";
import { finding } from "../providers/findings.ts";
import type { Finding, Provider } from "../providers/provider.ts";
import { verdictOf, type Verdict } from "../providers/readiness.ts";
import { sleep, type Clock } from "./clock.ts";
import { healthcheckFindings, type HealthcheckSnapshot } from "./healthcheck-watch.ts";
import { withDeadline } from "./deadline.ts";
import type { DaemonEvent, Listener } from "./events.ts";
import { Waker } from "./waker.ts";

/** After a start, so that who holds the addresses is read first. Milliseconds. */
const firstAfterMs = 5_000;
/** From check to check of a group, and how much of that is left to chance. Milliseconds. */
const everyMs = 300_000;
const jitterMs = 30_000;
/** All groups together make no more calls than one in this time, on the average. Milliseconds. */
const callMs = 2_000;
/** While a move is under way: look again then. Milliseconds. */
const lookMs = 5_000;
/** Longer than any provider's own deadline of a check. Milliseconds. */
const deadlineMs = 35_000;

/** A group as it is looked at here. */
export interface Checked {
  readonly config: { readonly name: string };
  readonly provider: Provider;
  readonly identity: string;
  readonly isMoving: boolean;
  readonly standby: Standby;
  readonly healthcheck: HealthcheckSnapshot | null;
}

export interface PreflightSnapshot extends Verdict {
  /** Since the provider was last asked; null: it was not yet. Milliseconds. */
  readonly ageMs: number | null;
  readonly findings: readonly Finding[];
}

export interface PreflightParts {
  readonly clock: Clock;
  /** 0 ≤ x < 1; for jitter. */
  readonly random: () => number;
  readonly groups: () => readonly Checked[];
  /** One of them by its name. */
  readonly group: (name: string) => Checked | undefined;
  readonly emit: Listener;
}

interface Known {
  readonly identity: string;
  /** Null: not asked yet. */
  answer: { readonly findings: readonly Finding[]; readonly at: number } | null;
  dueAt: number;
  /** What was told of it last. */
  told: "ready" | "broken";
}

export class Preflight {
  readonly #parts: PreflightParts;
  readonly #known = new Map<string, Known>();
  readonly #waker: Waker;
  /** The budget allows no further check before then. */
  #notBefore = -Infinity;
  #underWay: AbortController | null = null;

  constructor(parts: PreflightParts) {
    this.#parts = parts;
    this.#waker = new Waker(parts.clock);
  }

  /** @returns when the signal has aborted. @throws only on a bug. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    await sleep(clock, firstAfterMs, stop);
    while (!stop.aborted) {
      const waitMs = await this.#turn(stop);
      await this.#waker.sleepUntil(clock.now() + waitMs, stop);
    }
  }

  /** The config was loaded anew, and credentials may have changed with it: everything is asked again. */
  reload(): void {
    const present = new Set(this.#parts.groups().map(({ config }) => config.name));
    for (const [name, known] of this.#known) {
      if (!present.has(name)) this.#known.delete(name);
      known.dueAt = this.#parts.clock.now();
    }
    this.#waker.wake();
  }

  /** A listener of the daemon's events. */
  take(event: DaemonEvent): void {
    const { type } = event;
    // Its calls are what counts now.
    if (type === "move-started") this.#underWay?.abort();
    const isNews =
      type === "transition" || type === "order" || type === "move-ended" || type === "healthcheck";
    if (!isNews && !(type === "reading" && event.changed)) return;
    const groups = event.group === null ? this.#parts.groups() : [this.#parts.group(event.group)];
    for (const group of groups) if (group !== undefined) this.#tell(group);
  }

  of(group: Checked): PreflightSnapshot {
    const answer = this.#knownOf(group).answer;
    const own = [...standbyFindings(group.standby), ...healthcheckFindings(group.healthcheck)];
    if (answer === null) {
      const notYet = finding("unknown", "The provider was not asked yet");
      return { ...verdictOf([notYet, ...own]), ageMs: null, findings: own };
    }
    const findings = [...answer.findings, ...own];
    return { ...verdictOf(findings), ageMs: this.#parts.clock.now() - answer.at, findings };
  }

  /** @returns how long to wait before the next one. */
  async #turn(stop: AbortSignal): Promise<number> {
    const groups = this.#parts.groups();
    if (groups.some(({ isMoving }) => isMoving)) return lookMs;
    const [next] = groups.toSorted((a, b) => this.#knownOf(a).dueAt - this.#knownOf(b).dueAt);
    if (next === undefined) return everyMs;
    const { clock } = this.#parts;
    const now = clock.now();
    const waitMs = Math.max(this.#knownOf(next).dueAt, this.#notBefore) - now;
    if (waitMs > 0) return waitMs;
    await this.#check(next, stop);
    // Also when a reload comes in between: the budget is that of the daemon, not of its config.
    this.#notBefore = clock.now() + next.provider.callsOfCheck * callMs;
    return 0;
  }

  async #check(group: Checked, stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    const { provider } = group;
    const given = new AbortController();
    this.#underWay = given;
    const either = AbortSignal.any([stop, given.signal]);
    const findings = await withDeadline(clock, deadlineMs, either, (signal) => provider.check(signal)).catch(
      (error: unknown): readonly Finding[] => [
        finding("unknown", `The check did not end: ${errorText(error)}`, "See the log"),
      ],
    );
    this.#underWay = null;
    // Cut short, or asked by a config of before: that says nothing.
    if (either.aborted || group.provider !== provider) return;
    const known = this.#knownOf(group);
    known.answer = { findings, at: clock.now() };
    known.dueAt = clock.now() + everyMs - jitterMs + 2 * jitterMs * random();
    this.#tell(group);
  }

  /** Once for each change, and not in the middle of a move. Not to know is no change: the route is as it was last known to be. */
  #tell(group: Checked): void {
    const known = this.#knownOf(group);
    if (known.answer === null || group.isMoving) return;
    const { readiness, why } = this.of(group);
    if (readiness === "unknown" || readiness === known.told) return;
    known.told = readiness;
    this.#parts.emit({ type: "preflight", group: group.config.name, readiness, why: why ?? "" });
  }

  #knownOf({ config, identity }: Checked): Known {
    const known = this.#known.get(config.name);
    if (known?.identity === identity) return known;
    const fresh: Known = { identity, answer: null, dueAt: this.#parts.clock.now(), told: "ready" };
    this.#known.set(config.name, fresh);
    return fresh;
  }
}

function standbyFindings(standby: Standby): readonly Finding[] {
  switch (standby.kind) {
    case "eligible":
      return [];
    case "none":
      return [
        finding(
          "error",
          `Nobody could take the address over: ${standby.why}`,
          "Repair a member that does not hold the address; failoverd why has the details",
        ),
      ];
    case "unknown":
      return [
        finding("unknown", `Whether somebody could take the address over is not known: ${standby.why}`),
      ];
  }
}
