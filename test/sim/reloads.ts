/**
 * Reloads that change something. They come at random, often several in a row, and often at an awkward moment: right after a start,
 * in the middle of a move, during a drill, after an order. Every process takes the file over, the second one a little later.
 */
import type { DaemonEvent } from "../../src/daemon/events.ts";
import type { Written } from "./config-file.ts";
import { edit, editKind, type Spot } from "./edits.ts";
import type { SimProcess } from "./process.ts";
import type { Running } from "./processes.ts";
import type { Random } from "./random.ts";
import type { Setup } from "./setup.ts";
import type { Stage } from "./stage.ts";

/** The longest that a reload may take while nothing is in its way: a move's own deadline, and what is under way at its end. Milliseconds. */
const settledMaxMs = 900_000;

/** How likely a change follows, and within how long. Milliseconds. */
interface Odds {
  readonly chance: number;
  readonly withinMs: number;
}

/** Awkward moments. */
const odds = {
  start: { chance: 0.1, withinMs: 5_000 },
  "first reading": { chance: 0.1, withinMs: 30_000 },
  move: { chance: 0.12, withinMs: 20_000 },
  drill: { chance: 0.2, withinMs: 60_000 },
  order: { chance: 0.1, withinMs: 60_000 },
} as const satisfies Readonly<Record<string, Odds>>;

interface Moment {
  readonly odds: Odds;
  /** Whom the change is likely to meet; null: anybody. */
  readonly spot: Spot | null;
}

/** @returns null: it is a moment like any other. */
function momentOf(event: DaemonEvent): Moment | null {
  if (event.type === "reading" && event.isFirst) {
    const members = event.reading.kind === "known" ? event.reading.holders : [];
    return { odds: odds["first reading"], spot: { group: event.group, members } };
  }
  if (event.type === "move-started") {
    const { from, to } = event.move;
    return { odds: odds.move, spot: { group: event.group, members: [...from, ...to] } };
  }
  if (event.type === "step-ended") return { odds: odds.move, spot: { group: event.group, members: [] } };
  if (event.type === "drill")
    return { odds: odds.drill, spot: { group: event.group, members: [event.home, event.away] } };
  return event.type === "order" ? { odds: odds.order, spot: null } : null;
}

export interface ReloadsParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly first: Setup;
  /** What stands in the file now. */
  readonly file: () => Written;
  readonly save: (file: Written) => void;
  /** Credentials are replaced; the old ones are taken away after so long. Milliseconds. */
  readonly replaceKeys: (afterMs: number) => void;
  readonly running: () => readonly Running[];
  readonly reload: (running: Running) => Promise<void>;
  readonly fail: (text: string) => void;
  /** An address of the process is nowhere by its own hand, so that a move of it does not end. */
  readonly isHeldUp: (process: SimProcess) => boolean;
}

interface Pending {
  readonly process: SimProcess;
  since: number;
}

export class Reloads {
  readonly #parts: ReloadsParts;
  readonly #random: Random;
  /** Those that have not settled. */
  readonly #pending = new Set<Pending>();

  constructor(parts: ReloadsParts) {
    this.#parts = parts;
    this.#random = parts.random.fork("moment");
    parts.stage.every(editKind, parts.random.fork("often"), () => this.#change(null));
  }

  /** The file is read again by this process. */
  reload(running: Running): void {
    const { process } = running;
    process.deliver(() => {
      const pending = { process, since: this.#parts.stage.clock.now };
      this.#pending.add(pending);
      this.#parts.reload(running).then(
        () => this.#pending.delete(pending),
        (error: unknown) => this.#parts.fail(`a reload broke: ${String(error)}`),
      );
    });
  }

  hear(event: DaemonEvent): void {
    if (!this.#parts.stage.enabled(editKind)) return;
    const moment = momentOf(event);
    if (moment !== null) this.#perhaps(moment);
  }

  /** A process has been started. */
  started(): void {
    if (this.#parts.stage.enabled(editKind)) this.#perhaps({ odds: odds.start, spot: null });
  }

  /** After every event. */
  look(): void {
    if (this.#pending.size === 0) return;
    const { stage, isHeldUp, fail } = this.#parts;
    for (const pending of this.#pending) {
      const { process } = pending;
      if (!process.alive) this.#pending.delete(pending);
      else if (isHeldUp(process)) pending.since = stage.clock.now;
      else if (stage.clock.now - Math.max(pending.since, process.frozenAt) > settledMaxMs) {
        fail("R13: a reload has not come to its end");
        this.#pending.delete(pending);
      }
    }
  }

  /**
   * Whether all that was given has been taken over; asked at the very end.
   *
   * @param excused why a process need not have come to the end of a reload.
   */
  isSettled(excused: (process: SimProcess) => boolean): boolean {
    return [...this.#pending].every(({ process }) => !process.alive || excused(process));
  }

  #perhaps({ odds: { chance, withinMs }, spot }: Moment): void {
    if (this.#parts.stage.calm || !this.#random.chance(chance)) return;
    this.#parts.stage.clock.in(this.#random.wide(1, withinMs), () => this.#change(spot));
  }

  #change(spot: Spot | null): void {
    const { stage, first, file, save } = this.#parts;
    if (stage.calm) return;
    const random = this.#random;
    const before = file();
    const { file: after, what } = edit(random, before, first, spot);
    save(after);
    this.#replaceKeys();
    stage.history.fault(editKind, what === "" ? "nothing" : what);
    this.#reloadAll();
    if (!random.chance(0.4)) return;
    // Once more, or back again.
    const isBack = random.chance(0.4);
    stage.clock.in(random.wide(1, 300_000) - 1, () => {
      if (!isBack) return this.#change(spot);
      if (stage.calm) return;
      save(before);
      stage.history.fault(editKind, "back again");
      this.#reloadAll();
    });
  }

  #replaceKeys(): void {
    if (this.#random.chance(0.15)) this.#parts.replaceKeys(this.#random.wide(10, 60_000) - 10);
  }

  #reloadAll(): void {
    const [main, ...others] = this.#parts.running();
    if (main !== undefined) this.reload(main);
    for (const other of others) {
      this.#parts.stage.clock.in(this.#random.int(0, 5_000), () => this.reload(other));
    }
  }
}
