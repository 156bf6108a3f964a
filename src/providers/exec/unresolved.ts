/**
 * Remembers the one move whose end is not clear, and tells for each reading whether it may still be at work: as long as a process
 * of it is left, and then until it shows or `settle` has passed. Bounded: it must not stop all moves for ever.
 */
import { stepText, type Step } from "../../core/address.ts";
import type { ProviderServices } from "../provider.ts";

export interface Unclear {
  readonly step: Step;
  /** What the command calls the member of the step. */
  readonly holder: string;
  /** Once no process of it is left. */
  readonly gone: Promise<void>;
}

interface Remembered extends Unclear {
  /** When its end was not clear, and when nothing was left of it; null: something is. Monotonic milliseconds. */
  readonly since: number;
  goneAt: number | null;
}

/** A process that SIGKILL does not end in this time is the kernel's affair. Milliseconds. */
const unresolvedMs = 900_000;

export class UnresolvedMove {
  readonly #settleMs: number;
  readonly #services: ProviderServices;
  #move: Remembered | null = null;
  #givenUp: string | null = null;

  constructor(settleMs: number, services: ProviderServices) {
    this.#settleMs = settleMs;
    this.#services = services;
  }

  /** The last move that we stopped waiting for, in words, or null. */
  get givenUp(): string | null {
    return this.#givenUp;
  }

  /** @param move null: the last one came to a clear end. */
  remember(move: Unclear | null): void {
    const remembered: Remembered | null =
      move === null ? null : { ...move, since: this.#services.now(), goneAt: null };
    this.#move = remembered;
    this.#givenUp = null;
    if (remembered !== null) void this.#watch(remembered);
  }

  /** To be asked before the command is: what ends while it looks may not be in what it says. */
  beforeReading(): "at-work" | "settling" | "settled" {
    const move = this.#move;
    if (move === null) return "settled";
    const now = this.#services.now();
    if (move.goneAt === null) return now - move.since < unresolvedMs ? "at-work" : "settled";
    return now - move.goneAt < this.#settleMs ? "settling" : "settled";
  }

  /** @param holders as the command calls them @returns why no step must be given now, or null. */
  busyAfter(before: ReturnType<UnresolvedMove["beforeReading"]>, holders: readonly string[]): string | null {
    const move = this.#move;
    if (move === null) return null;
    const what = `${stepText(move.step)}, which ended without a clear answer`;
    const seconds = Math.round((this.#services.now() - move.since) / 1_000);
    if (before === "at-work") return `${what}: its command is still there, ${seconds} s after that`;
    if (!isDone(move, holders)) {
      if (before === "settling") return `${what}, cannot be seen yet, ${seconds} s after that`;
      this.#givenUp = `${what}, could not be seen in ${seconds} s, it is no longer waited for`;
    }
    this.#move = null;
    return null;
  }

  async #watch(move: Remembered): Promise<void> {
    await move.gone;
    move.goneAt = this.#services.now();
  }
}

function isDone({ step, holder }: Unclear, holders: readonly string[]): boolean {
  return holders.includes(holder) === (step.kind !== "detach");
}
