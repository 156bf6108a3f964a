/** A provider that holds its truth in memory and does, to order, what real ones were seen to do. */
import {
  stepText,
  type Capabilities,
  type Effect,
  type Reading,
  type Step,
} from "../../../src/core/address.ts";
import { sleep, type Clock } from "../../../src/daemon/clock.ts";
import type { Finding, HealthcheckReading, Provider } from "../../../src/providers/provider.ts";
import { routes } from "../core/facts-text.ts";

/** What becomes of a step instead of the plain truth. */
export type Trick =
  | { readonly kind: "reject"; readonly detail: string }
  /** It is refused for reasons of the call, not of the member. */
  | { readonly kind: "reject-call" }
  /** Nothing is done, and the answer is lost. */
  | { readonly kind: "drop" }
  /** The work is done, the answer is lost. */
  | { readonly kind: "lose-reply" }
  /** Nothing is done, and nobody answers before the signal aborts. */
  | { readonly kind: "hang" }
  /** It is answered as applied and nothing is done. */
  | { readonly kind: "lie" };

export class FakeCloud implements Provider {
  readonly capabilities: Capabilities;
  readonly callsOfMove: readonly string[] = [];
  callsOfCheck = 1;
  holders: readonly string[];
  foreign: readonly string[] = [];
  /** Readings show these instead, as if nothing had changed since. Null: they show what is true. */
  shown: readonly string[] | null = null;
  busy: string | null = null;
  /** Set: no reading succeeds. */
  blindness: string | null = null;
  /** How long a reading takes. Milliseconds. */
  readMs = 0;
  /** How long a step takes. Milliseconds. */
  stepMs = 2_000;
  /** What becomes of each step to this member, without end. */
  readonly tricksOf: Map<string, Trick> = new Map<string, Trick>();
  /** Tricks for the next steps, first come first. */
  readonly tricks: (Trick | null)[] = [];
  /** Every step that was asked for, with its time in seconds since the first clock reading. */
  readonly calls: string[] = [];
  reads = 0;
  /** When each check began, in seconds since the first clock reading. */
  readonly checks: number[] = [];
  findings: readonly Finding[] = [];
  /** What is stored with the address. */
  stored: HealthcheckReading = { kind: "unknown", detail: "nobody stores any" };
  /** When it was asked for, in seconds since the first clock reading. */
  readonly healthcheckReads: number[] = [];
  /** Until then no answer to it comes. */
  heldBack: Promise<void> = Promise.resolve();
  /** How long a check takes. Milliseconds. */
  checkMs = 0;
  /** Set: a check throws this. */
  checkBug: string | null = null;
  #executing = 0;
  /** More than one step at once was seen. */
  overlapped = false;
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(clock: Clock, holders: readonly string[], capabilities: Capabilities = routes) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.holders = holders;
    this.capabilities = capabilities;
  }

  async read(): Promise<Reading> {
    this.reads += 1;
    if (this.readMs > 0) await sleep(this.#clock, this.readMs, new AbortController().signal);
    if (this.blindness !== null) return { kind: "unknown", detail: this.blindness };
    return { kind: "known", holders: this.shown ?? this.holders, foreign: this.foreign, busy: this.busy };
  }

  async execute(step: Step, signal: AbortSignal): Promise<Effect> {
    const seconds = Math.round((this.#clock.now() - this.#startedAt) / 1_000);
    this.calls.push(`${seconds} ${stepText(step)}`);
    this.overlapped ||= this.#executing > 0;
    this.#executing += 1;
    try {
      return await this.#carryOut(step, signal);
    } finally {
      this.#executing -= 1;
    }
  }

  async readHealthcheck(): Promise<HealthcheckReading> {
    this.healthcheckReads.push(Math.round((this.#clock.now() - this.#startedAt) / 1_000));
    await this.heldBack;
    return this.stored;
  }

  async check(signal: AbortSignal): Promise<readonly Finding[]> {
    this.checks.push(Math.round((this.#clock.now() - this.#startedAt) / 1_000));
    if (this.checkMs > 0) await sleep(this.#clock, this.checkMs, signal);
    if (this.checkBug !== null) throw new Error(this.checkBug);
    return this.findings;
  }

  async #carryOut(step: Step, signal: AbortSignal): Promise<Effect> {
    const ordered = this.tricks.length > 0 ? this.tricks.shift() : this.tricksOf.get(step.member);
    const trick = ordered ?? null;
    if (trick?.kind === "hang") {
      await sleep(this.#clock, Number.MAX_SAFE_INTEGER, signal);
      return { kind: "uncertain", detail: "no answer" };
    }
    await sleep(this.#clock, this.stepMs, signal);
    if (trick?.kind === "reject") return { kind: "rejected", detail: trick.detail };
    if (trick?.kind === "reject-call") return { kind: "rejected", about: "call", detail: "no connection" };
    if (trick?.kind === "drop") return { kind: "uncertain", detail: "no answer" };
    if (trick?.kind !== "lie") this.#change(step);
    return trick?.kind === "lose-reply"
      ? { kind: "uncertain", detail: "no answer" }
      : { kind: "applied", detail: "success" };
  }

  #change(step: Step): void {
    const others = this.holders.filter((name) => name !== step.member);
    if (step.kind === "flip") this.holders = [step.member];
    else this.holders = step.kind === "attach" ? [...others, step.member] : others;
  }
}
