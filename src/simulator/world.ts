/**
 * The running world: both clouds, the fault script and the log of requests. The HTTP interfaces change it, the forwarders
 * follow it, tests look into it.
 */
import { Cloud66State } from "./cloud66-state.ts";
import { ExoscaleState } from "./exoscale-state.ts";
import { FaultScript } from "./faults.ts";
import { RequestLog, type LoggedRequest } from "./request-log.ts";
import type { WorldSpec } from "./spec.ts";

export class World {
  readonly spec: WorldSpec;
  readonly exoscale: ExoscaleState | null;
  /** Further zones of the account. */
  readonly otherZones: readonly ExoscaleState[];
  readonly cloud66: Cloud66State | null;
  readonly faults: FaultScript;
  readonly requests: RequestLog;
  /** How many addresses of each family were given to Elastic IPs that were created, in all zones. */
  readonly given: { inet4: number; inet6: number } = { inet4: 0, inet6: 0 };
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();

  /** @param log Told of every change and every request, a line of text each. */
  constructor(spec: WorldSpec, log: (text: string) => void) {
    const onChange = (text: string): void => {
      log(text);
      for (const listener of this.#listeners) listener();
    };
    this.spec = spec;
    this.exoscale = spec.exoscale && new ExoscaleState(spec.exoscale, onChange);
    const others = spec.exoscale?.otherZones ?? [];
    this.otherZones = others.flatMap((zone) =>
      spec.exoscale === null ? [] : [new ExoscaleState({ ...spec.exoscale, ...zone }, onChange)],
    );
    this.cloud66 = spec.cloud66 && new Cloud66State(spec.cloud66, onChange);
    this.faults = new FaultScript(spec.faults);
    this.requests = new RequestLog((request) => log(requestText(request)));
  }

  /** Calls `listener` after every change of who holds an address. @returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Exoscale's zones: first the one that the world is about. */
  get zones(): readonly ExoscaleState[] {
    return this.exoscale === null ? [] : [this.exoscale, ...this.otherZones];
  }

  /** Aborts when the world ends: nothing is worth waiting for then. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Stops pending operations, flips and delayed answers. */
  close(): void {
    this.#closing.abort();
    for (const zone of this.zones) zone.close();
    this.cloud66?.close();
    this.#listeners.clear();
  }
}

function requestText({ method, path, status, durationMs, note }: LoggedRequest): string {
  return `${method} ${path} ${status} ${durationMs.toFixed(0)} ms${note === null ? "" : ` (${note})`}`;
}
