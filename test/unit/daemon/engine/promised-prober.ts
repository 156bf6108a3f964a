/** Probes by a function that says by a promise what became of an attempt. */
import type { ProbeResult } from "../../../../src/core/probe-result.ts";
import type { Target } from "../../../../src/core/target.ts";
import type { SchedulerParts } from "../../../../src/daemon/engine/scheduler.ts";

/** @param probe one attempt; never rejects, and ends within two of the target's timeouts, or sooner when the signal aborts. */
export function promisedProber(
  probe: (target: Target, signal: AbortSignal) => Promise<ProbeResult>,
): SchedulerParts["proberOf"] {
  return (target) => {
    let attempt = new AbortController();
    return {
      start: (onResult) => {
        attempt = new AbortController();
        void probe(target, attempt.signal).then(onResult);
      },
      abort: () => attempt.abort(),
    };
  };
}
