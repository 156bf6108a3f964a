/**
 * The contract between the daemon and a cloud. A provider is bound to the address of one group.
 *
 * It answers what it sees and carries out the step that it is given; it decides nothing. No method throws for trouble of
 * the network or the cloud: a reading becomes `unknown`, an effect `uncertain`. "Could not ask" is never "does not hold it".
 */
import type { Capabilities, Effect, Reading, Step } from "../core/address.ts";
import type { Healthcheck } from "../core/target.ts";
import type { TrafficNews } from "./traffic/news.ts";
import type { RetryBudget } from "./traffic/retry-budget.ts";

export interface Provider {
  readonly capabilities: Capabilities;
  /**
   * Asks the provider's own truth: who holds the address now. Ends within `capabilities.readDeadlineMs`.
   * While an operation of an earlier step has not come to its end, `busy` says so.
   */
  read(signal: AbortSignal): Promise<Reading>;
  /**
   * Carries out one step and follows it to its end, within `capabilities.stepDeadlineMs`.
   * Aborting stops the waiting, not the cloud: the effect is then `uncertain`.
   */
  execute(step: Step, signal: AbortSignal): Promise<Effect>;
  /** Asks whether a move could work: credentials, permissions, existence, same zone. Changes nothing. */
  check(signal: AbortSignal): Promise<readonly Finding[]>;
  /**
   * Asks for the healthcheck that is stored with the address, with one call at most when all goes well, and with none right
   * after a reading that had to look the address up. Ends within `capabilities.readDeadlineMs`. Absent: the cloud stores none.
   */
  readHealthcheck?(signal: AbortSignal): Promise<HealthcheckReading>;
  /**
   * How many calls a check makes when all goes well, > 0, and what the last one made beyond them; who checks again and again keeps
   * to a budget by it.
   */
  readonly callsOfCheck: number;
  /** The calls that a move costs when all goes well, e.g. `1 PUT attach, 1–2 GET operation, …`. For `plan`. */
  readonly callsOfMove: readonly string[];
}

/** What is stored with the address. Only `known` says how members are probed; nothing else takes away what was known before. */
export type HealthcheckReading =
  | ({ readonly kind: "known" } & StoredHealthcheck)
  /** There is none, or none that can be probed by. */
  | { readonly kind: "unusable"; readonly detail: string; /** What to do about it. */ readonly fix: string }
  /** It could not be asked for. */
  | { readonly kind: "unknown"; readonly detail: string };

export interface StoredHealthcheck {
  readonly check: Healthcheck;
  /** In words, e.g. `http on port 80, /status, every 10 s within 2 s, healthy after 2, unhealthy after 3`. */
  readonly text: string;
}

/** One thing that a check found. */
export interface Finding {
  /**
   * `ok`: proven. `warning`: a move may work all the same. `error`: a move would fail. `unknown`: the question was not answered,
   * so a move may work or not.
   */
  readonly severity: "ok" | "warning" | "error" | "unknown";
  /** One sentence: what was found. */
  readonly text: string;
  /** What to do about it, or null. */
  readonly fix: string | null;
}

/** Told of every request that a provider makes, over HTTP or to a command: for metrics and logs. */
export interface RequestRecord {
  /** The API's own operation name, e.g. `attach-instance-to-elastic-ip`. */
  readonly operation: string;
  /** HTTP status, exit status of a command, or a short word when no answer came: `timeout`, `no-connection`, `aborted`. */
  readonly code: string;
  readonly durationMs: number;
  /** Our own id of the request, sent along as `X-Request-Id`. */
  readonly ownId: string;
  /** Provider's own id of the request or operation, if it gave one. */
  readonly id: string | null;
  /** It was to change something; else it only asked. */
  readonly changes: boolean;
  /** For which group it was made; null: for none alone, such as a list that groups share. */
  readonly group: string | null;
  /** What was said beside the answer, such as the standard error of a command: without secrets, a few KiB at most. */
  readonly said?: string;
}

/** What the shell lends to a provider. */
export interface ProviderServices {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall clock, milliseconds since 1970. For request expiry, dates in answers and the skew between both clocks; never for deadlines. */
  wallNow(): number;
  /** 0 ≤ x < 1; for jitter. */
  random(): number;
  /** Resolves after `ms`, or as soon as the signal aborts (never rejects). */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  onRequest(record: RequestRecord): void;
  /** Told when an account asks again, or holds questions back. Default: nobody is told. */
  readonly onTraffic?: (news: TrafficNews) => void;
  /** What all accounts of the process may ask again. Default: an account's own limit is the only one. */
  readonly retryBudget?: RetryBudget;
}

/** Something that proves who we are. Asked for again for each request, so that a renewed one counts at once. */
export interface Credential {
  reveal(): string;
}
