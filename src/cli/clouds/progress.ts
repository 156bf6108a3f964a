/** Says on stderr that something is still under way: first after a second, then every five. */
import { formatDuration } from "../../config/duration.ts";
import { printLine, type Output } from "../output.ts";

/** Milliseconds. */
const quietMs = 1_000;
const everyMs = 5_000;

export class Progress {
  readonly #output: Output;
  #toldAtMs: number | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  /** @param what is under way, e.g. `attach: operation … is pending`. @param elapsedMs since it began. */
  tell(what: string, elapsedMs: number): void {
    if (elapsedMs < quietMs || (this.#toldAtMs !== null && elapsedMs - this.#toldAtMs < everyMs)) return;
    this.#toldAtMs = elapsedMs;
    const seconds = Math.round(elapsedMs / 1_000) * 1_000;
    printLine(this.#output.stderr, `${what}, ${formatDuration(seconds)}`);
  }
}
