/**
 * Follows the healthcheck that the provider stores with the address of a group. It is asked for with the readings of who holds the
 * address, at most once in a while, and never in the middle of a move; nobody waits for the answer.
 *
 *   known      members are probed by it from then on
 *   unusable   there is none, or none to probe by: the last one known goes on, and what is in the way is told
 *   unknown    it could not be asked for: the same
 *
 * Without any that was ever known members are not probed. Nothing is kept over a restart: the provider's word is the truth.
 */
import { isDeepStrictEqual } from "node:util";
import { errorText } from "../core/error-text.ts";
import type { HealthcheckFacts } from "../core/facts.ts";
import type { Healthcheck, Pace } from "../core/target.ts";
import type { GroupConfig } from "../config/config.ts";
import { misfitOf, usesStored, withStored } from "../config/stored-healthcheck.ts";
import { finding } from "../providers/findings.ts";
import type { Finding, HealthcheckReading, Provider, StoredHealthcheck } from "../providers/provider.ts";
import type { Clock } from "./clock.ts";
import { withDeadline } from "./deadline.ts";

/** From question to question. A change at the provider is seen within this and the time between two readings. Milliseconds. */
const everyMs = 60_000;
/** As long as none is known. Milliseconds. */
const soonMs = 5_000;
/** How much longer than its own deadline the provider is waited for. Milliseconds. */
const graceMs = 1_000;

/** A change of what is known, or of what stands in its way. */
export interface HealthcheckNews {
  /** The address that it is stored with. */
  readonly source: string;
  /** In words. Null: none was known. */
  readonly from: string | null;
  readonly to: string | null;
  /** Why the last answer is not what members are probed by. Null: it is. */
  readonly trouble: string | null;
}

export interface HealthcheckSnapshot {
  readonly source: string;
  /** By what members are probed, in words. Null: none is known, so they are not. */
  readonly text: string | null;
  readonly trouble: Trouble | null;
  /** Since it was last asked for with an answer. Null: it never was. Milliseconds. */
  readonly ageMs: number | null;
}

interface Trouble {
  readonly kind: Exclude<HealthcheckReading["kind"], "known">;
  readonly text: string;
  /** What to do about it, or null. */
  readonly fix: string | null;
}

interface Bound {
  readonly config: GroupConfig;
  readonly provider: Provider;
}

interface WatchParts {
  readonly clock: Clock;
  /** As they are at this moment. */
  readonly bound: () => Bound;
  /** Told of another healthcheck, and once of each kind of trouble, and of its end. */
  readonly onNews: (news: HealthcheckNews) => void;
}

export class HealthcheckWatch {
  readonly #parts: WatchParts;
  /** Null: nothing was asked for yet. */
  #stop: AbortController | null = null;
  #isStopped = false;
  #stored: StoredHealthcheck | null = null;
  #trouble: Trouble | null = null;
  #answeredAt: number | null = null;
  #notBefore = -Infinity;
  #asking = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** The last one known; null: none. */
  get check(): Healthcheck | null {
    return this.#stored?.check ?? null;
  }

  /** Null: the group is not probed by what is stored. */
  get facts(): HealthcheckFacts | null {
    const { config } = this.#parts.bound();
    if (!usesStored(config)) return null;
    return { source: config.address.id, trouble: this.#trouble?.text ?? null };
  }

  snapshot(): HealthcheckSnapshot | null {
    const { facts } = this;
    if (facts === null) return null;
    const ageMs = this.#answeredAt === null ? null : this.#parts.clock.now() - this.#answeredAt;
    return { source: facts.source, text: this.#stored?.text ?? null, trouble: this.#trouble, ageMs };
  }

  /** The config was loaded anew. What was known goes on, unless nobody asks for it any more. */
  reload(): void {
    this.#notBefore = -Infinity;
    if (usesStored(this.#parts.bound().config)) return;
    this.#stored = null;
    this.#trouble = null;
    this.#answeredAt = null;
  }

  /** The provider has just said who holds the address. */
  look(): void {
    const now = this.#parts.clock.now();
    if (this.#asking || this.#isStopped || now < this.#notBefore) return;
    if (usesStored(this.#parts.bound().config)) void this.#ask(now);
  }

  /** Asks no more, and an answer that comes later counts no more. */
  stop(): void {
    this.#isStopped = true;
    this.#stop?.abort();
  }

  async #ask(now: number): Promise<void> {
    this.#asking = true;
    const { clock, bound } = this.#parts;
    const { provider } = bound();
    const ms = provider.capabilities.readDeadlineMs + graceMs;
    this.#stop ??= new AbortController();
    const reading = await withDeadline(clock, ms, this.#stop.signal, readBy(provider)).catch(
      (error: unknown): HealthcheckReading => ({ kind: "unknown", detail: errorText(error) }),
    );
    this.#asking = false;
    // Asked by a config of before: the next reading asks again.
    if (this.#isStopped || provider !== bound().provider) return;
    this.#take(reading);
    this.#notBefore = now + (this.#stored === null ? soonMs : everyMs);
  }

  #take(reading: HealthcheckReading): void {
    const { clock, bound, onNews } = this.#parts;
    const { config } = bound();
    const [before, troubled] = [this.#stored, this.#trouble];
    if (reading.kind !== "unknown") this.#answeredAt = clock.now();
    this.#trouble = troubleOf(reading, config);
    if (reading.kind === "known" && this.#trouble === null) this.#stored = stored(reading);
    const isSame = isDeepStrictEqual(before?.check, this.#stored?.check);
    if (isSame && this.#trouble?.kind === troubled?.kind) return;
    const source = config.address.id;
    const trouble = this.#trouble?.text ?? null;
    onNews({ source, from: before?.text ?? null, to: this.#stored?.text ?? null, trouble });
  }
}

export interface StoredNow {
  /** With what is known of its targets. */
  readonly config: GroupConfig;
  /** By what members are probed, in words; null: not known. */
  readonly text: string | null;
  readonly pace: Pace | null;
  readonly trouble: Trouble | null;
}

/** Asks once, for whoever does not watch. Never rejects. */
export async function askStored({ config, provider }: Bound): Promise<StoredNow> {
  const signal = AbortSignal.timeout(provider.capabilities.readDeadlineMs + graceMs);
  const reading = await readBy(provider)(signal);
  const trouble = troubleOf(reading, config);
  if (reading.kind !== "known" || trouble !== null) return { config, text: null, pace: null, trouble };
  return { config: withStored(config, reading.check), text: reading.text, pace: reading.check, trouble };
}

/** @returns what a check of the escape route says of it: nothing as long as members are probed by what is stored. */
export function healthcheckFindings(snapshot: HealthcheckSnapshot | null): readonly Finding[] {
  if (snapshot === null || snapshot.trouble === null) return [];
  const { text, trouble, source } = snapshot;
  if (text === null) {
    // Nothing would ever be moved like this.
    const severity = trouble.kind === "unusable" ? "error" : "unknown";
    return [finding(severity, `No member is probed: ${trouble.text}`, trouble.fix)];
  }
  const kept = `The healthcheck stored at ${source} is followed no more, and the last one known goes on (${text})`;
  return [finding("warning", `${kept}: ${trouble.text}`, trouble.fix)];
}

function readBy(provider: Provider): (signal: AbortSignal) => Promise<HealthcheckReading> {
  return async (signal) =>
    (await provider.readHealthcheck?.(signal)) ?? {
      kind: "unusable",
      detail: "the provider stores no healthcheck",
      fix: "Write a healthcheck of your own in place of from-elastic-ip",
    };
}

function troubleOf(reading: HealthcheckReading, config: GroupConfig): Trouble | null {
  if (reading.kind === "unknown") return { kind: "unknown", text: reading.detail, fix: null };
  if (reading.kind === "unusable") return { kind: "unusable", text: reading.detail, fix: reading.fix };
  const misfit = misfitOf(config, reading.check);
  if (misfit === null) return null;
  const text = `the healthcheck stored at ${config.address.id} does not fit the group: ${misfit}`;
  return { kind: "unusable", text, fix: "Change it at the provider, or take the identity out of verify" };
}

function stored({ check, text }: StoredHealthcheck): StoredHealthcheck {
  return { check, text };
}
