/** The members as the world has them, and what a probe of one of them sees. */
import { outcomeOf, type Cause } from "../../src/core/cause.ts";
import type { ProbeResult } from "../../src/core/probe-result.ts";
import type { Target } from "../../src/core/target.ts";
import type { WatchConnection, WatchListener } from "../../src/probes/watch-connection.ts";
import type { FaultKind } from "./faults.ts";
import type { SimClock } from "./clock.ts";
import type { SimProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import { SimWatches } from "./watches.ts";

export type Service = "up" | "dead" | "hang" | "flap" | "brownout" | "error";

/** What the monitor's own network does to every probe. */
export interface MonitorNet {
  state: "ok" | "inconclusive" | "isolated";
}

/** Takes what a probe has seen, without a promise: most of what happens are probes. */
export type OnResult = (result: ProbeResult) => void;

/** What a probe will see, and how long it takes. */
export interface Answer {
  readonly cause: Cause;
  readonly ms: number;
}

const ills: readonly (readonly [FaultKind, Service])[] = [
  ["member-dead", "dead"],
  ["member-hang", "hang"],
  ["member-flap", "flap"],
  ["member-brownout", "brownout"],
  ["member-error", "error"],
];

export class SimMember {
  readonly group: string;
  readonly name: string;
  readonly watches: SimWatches;
  service: Service = "up";
  /** Its instance is gone for good: it can never get the address again. */
  deleted = false;
  #pathCut = false;
  /** Share of the probes that a brown-out loses; also the pace of flapping. */
  #severity = 0.5;
  /** Counts the changes, so that an end that comes too late changes nothing. */
  #era = 0;
  readonly #stage: Stage;
  readonly #net: MonitorNet;
  readonly #random: Random;

  constructor(
    id: { readonly group: string; readonly name: string },
    stage: Stage,
    net: MonitorNet,
    random: Random,
  ) {
    this.group = id.group;
    this.name = id.name;
    this.#stage = stage;
    this.#net = net;
    this.#random = random;
    this.watches = new SimWatches(stage, random.fork("watches"));
    for (const [kind, service] of ills) {
      const own = random.fork(kind);
      stage.every(kind, own, () => this.fallIll(kind, service, own.wait(own.wide(5_000, 7_200_000))));
    }
    const path = random.fork("path-cut");
    stage.every("path-cut", path, () => this.#cutPath(path.wait(path.wide(10_000, 1_800_000))));
  }

  fallIll(kind: FaultKind, service: Service, forMs: number): void {
    if (this.deleted) return;
    this.#stage.history.fault(kind, `${this.group}/${this.name} for ${Math.round(forMs / 1_000)} s`);
    this.become(service);
    this.#severity = this.#random.next();
    const era = this.#era;
    this.#stage.clock.in(forMs, () => {
      if (era !== this.#era) return;
      this.become("up");
      this.#stage.history.add(`${this.group}/${this.name} is up again`);
    });
  }

  become(service: Service): void {
    this.#era += 1;
    this.service = service;
    if (service === "dead" || service === "flap") this.watches.cut();
  }

  /** From now on it is up or dead, for good. */
  settle(service: "up" | "dead"): void {
    this.become(service);
    this.#pathCut = false;
    this.#stage.history.add(`${this.group}/${this.name} is ${service} from now on`);
  }

  probe(target: Target, process: SimProcess, onResult: OnResult): void {
    if (process.alive) answerLater(this.#look(target), this.#stage.clock, process, onResult);
  }

  /** An idle connection to it. */
  watch(process: SimProcess, listener: WatchListener): WatchConnection {
    return this.watches.open(
      process,
      listener,
      () => this.#net.state === "ok" && !this.#pathCut && this.service !== "dead",
    );
  }

  #cutPath(forMs: number): void {
    this.#stage.history.fault("path-cut", `${this.group}/${this.name} for ${Math.round(forMs / 1_000)} s`);
    this.#pathCut = true;
    this.#stage.clock.in(forMs, () => (this.#pathCut = false));
  }

  #look(target: Target): Answer {
    const random = this.#random;
    const name = `${this.group}/${this.name}`;
    const quick = random.int(1, 40);
    if (this.#net.state === "inconclusive") return { cause: "local-network", ms: quick };
    if (this.#net.state === "isolated") return { cause: "connect-timeout", ms: target.timeoutMs };
    if (this.#stage.strikes("probe-inconclusive", random)) {
      this.#stage.history.fault("probe-inconclusive", name);
      return { cause: "local-sockets", ms: quick };
    }
    if (this.#pathCut) return { cause: "connect-timeout", ms: target.timeoutMs };
    if (this.#stage.strikes("probe-lost", random)) {
      this.#stage.history.fault("probe-lost", name);
      return { cause: "connect-timeout", ms: target.timeoutMs };
    }
    return this.#answer(target, quick);
  }

  #answer(target: Target, quick: number): Answer {
    const flapMs = 3_000 + 60_000 * this.#severity;
    switch (this.service) {
      case "up":
        return { cause: "ok", ms: quick };
      case "dead":
        return { cause: "refused", ms: quick };
      case "error":
        return { cause: "http-status", ms: quick };
      case "hang":
        return { cause: "response-timeout", ms: target.timeoutMs };
      case "flap":
        return { cause: Math.floor(this.#stage.clock.now / flapMs) % 2 === 0 ? "refused" : "ok", ms: quick };
      case "brownout":
        return this.#random.chance(this.#severity)
          ? { cause: "response-timeout", ms: target.timeoutMs }
          : { cause: "ok", ms: this.#random.int(1, target.timeoutMs - 1) };
    }
  }
}

/** A process that is dead by then is not told. */
export function answerLater(
  { cause, ms }: Answer,
  clock: SimClock,
  process: SimProcess,
  onResult: OnResult,
): void {
  const startedAt = clock.now;
  const answer = (): void => {
    // Who slept over the answer cannot tell how long it took.
    const late = process.frozenAt > startedAt;
    onResult(resultOf(late ? "late" : cause, clock.now - startedAt));
  };
  clock.in(ms, () => process.deliver(answer));
}

function resultOf(cause: Cause, durationMs: number): ProbeResult {
  const phases = { resolveMs: null, connectMs: null, tlsMs: null, headersMs: null, bodyMs: null };
  return {
    outcome: outcomeOf(cause),
    cause,
    detail: null,
    address: null,
    status: null,
    durationMs,
    queuedMs: 0,
    phases,
  };
}
