/** All that happened under one seed, as lines of text: the newest are kept, and everything is folded into one number. */
import type { FaultKind } from "./faults.ts";
import type { SimClock } from "./clock.ts";

const linesKept = 60;

export class History {
  readonly #clock: SimClock;
  readonly #newest: string[] = [];
  readonly #sink: ((line: string) => void) | null;
  #digest = 0x811c9dc5;
  #lines = 0;
  readonly faults: Map<FaultKind, number> = new Map<FaultKind, number>();
  /** Other things that are worth counting: probes, readings, steps by kind and effect, moves by trigger. */
  readonly counts: Map<string, number> = new Map<string, number>();

  constructor(clock: SimClock, sink: ((line: string) => void) | null = null) {
    this.#clock = clock;
    this.#sink = sink;
  }

  add(text: string): void {
    const line = `${stamp(this.#clock.now)} ${text}`;
    for (let i = 0; i < line.length; i++) this.#fold(line.charCodeAt(i));
    this.#lines += 1;
    this.#sink?.(line);
    this.#newest.push(line);
    if (this.#newest.length > 2 * linesKept) this.#newest.splice(0, linesKept);
  }

  /**
   * What happens all the time: it counts for the digest and is printed, but not kept. Its text is made only for who reads it.
   *
   * @param mark tells it apart from what could have happened instead.
   */
  addDull(mark: number, text: () => string): void {
    this.#fold(this.#clock.now);
    this.#fold(mark);
    this.#lines += 1;
    this.#sink?.(`${stamp(this.#clock.now)} ${text()}`);
  }

  #fold(value: number): void {
    this.#digest = Math.imul(this.#digest ^ value, 0x01000193);
  }

  fault(kind: FaultKind, text: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    const line = (): string => `! ${kind}: ${text}`;
    if (kind === "probe-inconclusive" || kind === "probe-lost") this.addDull(kind.length, line);
    else this.add(line());
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  get newest(): readonly string[] {
    return this.#newest.slice(-linesKept);
  }

  /** Two histories are the same to the byte when these are the same. */
  get digest(): string {
    return `${this.#lines} lines, ${(this.#digest >>> 0).toString(16).padStart(8, "0")}`;
  }
}

/** @returns e.g. `03:12:45.078`, hours since the beginning first. */
export function stamp(ms: number): string {
  const pad = (value: number, width: number): string => String(Math.floor(value)).padStart(width, "0");
  return `${pad(ms / 3_600_000, 2)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1_000) % 60, 2)}.${pad(ms % 1_000, 3)}`;
}
