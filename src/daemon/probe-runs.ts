/**
 * Keeps what probes see as runs, in memory, and hands them to the journal once a minute and at the end: a process that is killed
 * loses at most a minute of them, and no probe ever waits for the disk.
 */
import type { ProbeResult } from "../core/probe-result.ts";
import type { Clock } from "./clock.ts";
import type { DaemonEvent } from "./events.ts";
import type { Journal } from "./journal/journal.ts";
import { lastHourOf, segmentName } from "./journal/recent-runs.ts";
import { OpenSegment, segmentsWithin, throughAddress, type Segment } from "./journal/runs.ts";

const saveEveryMs = 60_000;

export interface ProbeRunsParts {
  readonly clock: Clock;
  readonly journal: Pick<Journal, "saveRuns" | "segments" | "lastRunHour">;
}

export class ProbeRuns {
  readonly #parts: ProbeRunsParts;
  /** By group and member. */
  readonly #open = new Map<string, Map<string, OpenSegment>>();
  /** Targets that were probed since the last saving. */
  readonly #changed = new Set<OpenSegment>();
  #finished: Segment[] = [];
  #cancel: () => void = () => undefined;

  constructor(parts: ProbeRunsParts) {
    this.#parts = parts;
  }

  /** From now on what there is is saved each minute. */
  start(): void {
    this.#cancel = this.#parts.clock.after(saveEveryMs, () => {
      this.#save();
      this.start();
    });
  }

  /** A listener of the daemon's events. */
  take(event: DaemonEvent): void {
    if (event.type === "probe") this.#observe(event.group, event.member, event.result);
    else if (event.type === "path-probe") this.#observe(event.group, throughAddress, event.result);
  }

  /** @returns as the journal does, with what is not saved yet. */
  segments(group: string, fromWallMs: number, toWallMs: number): readonly Segment[] {
    const all = [...this.#finished, ...this.#segments(this.#allOpen())];
    const here = segmentsWithin(all, group, fromWallMs, toWallMs);
    const names = new Set(here.map(segmentName));
    const saved = this.#parts.journal.segments(group, fromWallMs, toWallMs);
    return [...saved.filter((segment) => !names.has(segmentName(segment))), ...here];
  }

  /** @returns as the journal does, with what is not saved yet. */
  lastRunHour(untilWallMs: number): number | null {
    const saved = this.#parts.journal.lastRunHour(untilWallMs);
    const here = lastHourOf([...this.#finished, ...this.#segments(this.#allOpen())], untilWallMs);
    return saved === null || here === null ? (saved ?? here) : Math.max(saved, here);
  }

  /** Saves what there is and ends. */
  stop(): void {
    this.#cancel();
    this.#save();
  }

  #observe(group: string, member: string, { cause, durationMs }: ProbeResult): void {
    const open = this.#openOf(group, member);
    const before = open.observe(cause, durationMs, Math.trunc(this.#parts.clock.wallNow()));
    if (before !== null) this.#finished.push(before);
    this.#changed.add(open);
  }

  #openOf(group: string, member: string): OpenSegment {
    let members = this.#open.get(group);
    if (members === undefined) this.#open.set(group, (members = new Map()));
    let open = members.get(member);
    if (open === undefined) members.set(member, (open = new OpenSegment({ group, member })));
    return open;
  }

  *#allOpen(): Generator<OpenSegment> {
    for (const members of this.#open.values()) yield* members.values();
  }

  #save(): void {
    const segments = [...this.#finished, ...this.#segments(this.#changed)];
    this.#finished = [];
    this.#changed.clear();
    if (segments.length > 0) this.#parts.journal.saveRuns(segments);
  }

  #segments(open: Iterable<OpenSegment>): readonly Segment[] {
    return [...open].flatMap((each) => each.segment() ?? []);
  }
}
