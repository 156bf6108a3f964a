/**
 * What the daemon and its probe thread say to each other. Commands go one by one, since there are few. Results come in
 * batches of numbers, since there are thousands a second: what is said in words goes along only when it is another than the
 * last time for that target, so a target that answers as always costs thirteen numbers.
 */
import { causes, outcomeOf, type Cause } from "../../core/cause.ts";
import type { ProbeResult } from "../../core/probe-result.ts";
import type { Target } from "../../core/target.ts";
import type { WatchCounts } from "./watches.ts";

/** To the thread. `id` is a number that the daemon gives and never uses twice. */
export type Command =
  | { readonly kind: "add"; readonly id: number; readonly key: string; readonly target: Target }
  | { readonly kind: "retarget"; readonly id: number; readonly target: Target }
  | { readonly kind: "strike"; readonly id: number; readonly counts: boolean }
  | { readonly kind: "hurry" | "remove"; readonly id: number }
  /** The next batch was read. The thread begins no probe while too much is not, or is read too late (see `unread.ts`). */
  | { readonly kind: "read" }
  | { readonly kind: "stop" };

/** From the thread. */
export type Report =
  | ({ readonly kind: "results" } & Batch)
  /** Once a second: that it lives, and how it does. */
  | ({ readonly kind: "beat" } & Beat)
  | { readonly kind: "stopped" };

/** Results that go together; at least one. */
export interface Batch {
  /** One row of numbers after the other. */
  readonly rows: Float64Array<ArrayBuffer>;
  readonly words: readonly Words[];
}

/** How the thread does. */
export interface Beat {
  /** How late its event loop was at worst since the last beat. Milliseconds. */
  readonly loopLateMs: number;
  /** How late the most overdue start was since the last beat. Milliseconds. */
  readonly overdueMs: number;
  /** Its hints are those since the thread began. */
  readonly watches: WatchCounts;
}

/** What of a result is text. */
export type Words = Pick<ProbeResult, "detail" | "address">;

/** A result on its way. */
export interface Row {
  readonly id: number;
  /** How often the target had been changed when the probe began; -1: it was changed meanwhile. */
  readonly generation: number;
  readonly latenessMs: number;
  readonly result: ProbeResult;
}

const columns = 13;
/** Each is read in one go by a thread that has other things to do, and each wakes it. */
const rowsMax = 128;
const causeNames = Object.keys(causes);
const causeNumbers: ReadonlyMap<string, number> = new Map(causeNames.map((cause, i) => [cause, i]));

/** Collects results until they are taken. */
export class RowWriter {
  #rows = new Float64Array(rowsMax * columns);
  #count = 0;
  #words: Words[] = [];

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get isFull(): boolean {
    return this.#count === rowsMax;
  }

  /** @param known what was last said of this target; undefined: nothing. @returns what is known from now on. */
  add({ id, generation, latenessMs, result }: Row, known: Words | undefined): Words {
    const { cause, detail, address, status, durationMs, queuedMs, phases } = result;
    const isKnown = known !== undefined && known.detail === detail && known.address === address;
    const words = isKnown ? known : { detail, address };
    const rows = this.#rows;
    let at = this.#count * columns;
    rows[at++] = id;
    rows[at++] = generation;
    rows[at++] = latenessMs;
    rows[at++] = causeNumbers.get(cause) ?? NaN;
    rows[at++] = status ?? NaN;
    rows[at++] = durationMs;
    rows[at++] = queuedMs;
    rows[at++] = phases.resolveMs ?? NaN;
    rows[at++] = phases.connectMs ?? NaN;
    rows[at++] = phases.tlsMs ?? NaN;
    rows[at++] = phases.headersMs ?? NaN;
    rows[at++] = phases.bodyMs ?? NaN;
    rows[at] = isKnown ? NaN : this.#words.push(words) - 1;
    this.#count += 1;
    return words;
  }

  /** @returns what was collected; the writer is empty then. */
  take(): Batch {
    const batch = { rows: this.#rows.slice(0, this.#count * columns), words: this.#words };
    this.#count = 0;
    this.#words = [];
    return batch;
  }
}

/** @returns how many results are in it. */
export function countRows({ rows }: Batch): number {
  return rows.length / columns;
}

/** @param knownOf what was last said of a target in words. @param onRow told of each row, with the words that are known from now on. */
export function readRows(
  { rows, words }: Batch,
  knownOf: (id: number) => Words | undefined,
  onRow: (row: Row, words: Words) => void,
): void {
  const numberAt = (at: number): number => rows[at] ?? NaN;
  for (let at = 0; at < rows.length; at += columns) {
    const id = numberAt(at);
    const said = words[numberAt(at + 12)] ?? knownOf(id) ?? { detail: null, address: null };
    const cause = causeAt(numberAt(at + 3));
    const result: ProbeResult = {
      outcome: outcomeOf(cause),
      cause,
      detail: said.detail,
      address: said.address,
      status: orNull(numberAt(at + 4)),
      durationMs: numberAt(at + 5),
      queuedMs: numberAt(at + 6),
      phases: {
        resolveMs: orNull(numberAt(at + 7)),
        connectMs: orNull(numberAt(at + 8)),
        tlsMs: orNull(numberAt(at + 9)),
        headersMs: orNull(numberAt(at + 10)),
        bodyMs: orNull(numberAt(at + 11)),
      },
    };
    onRow({ id, generation: numberAt(at + 1), latenessMs: numberAt(at + 2), result }, said);
  }
}

function causeAt(number: number): Cause {
  const name = causeNames[number];
  if (name === undefined || !isCause(name))
    throw new Error(`Cannot read a result: no cause has the number ${number}`);
  return name;
}

function isCause(name: string): name is Cause {
  return Object.hasOwn(causes, name);
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
