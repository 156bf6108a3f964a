/** Takes the steps one after the other. */
import { machine, loadNow } from "./field/machine.ts";
import type { Bench, Prepared, Step } from "./parts/bench.ts";
import { costSteps } from "./parts/cost.ts";
import { detectionSteps } from "./parts/detection.ts";
import { latenessSteps, overloadSteps } from "./parts/lateness.ts";
import { memorySteps } from "./parts/memory.ts";
import { startSteps } from "./parts/start.ts";
import type { Measured, Part, Results, Versions } from "./report/result.ts";

const stepsOf: Readonly<Record<Part, (bench: Bench) => readonly Step[]>> = {
  cost: costSteps,
  lateness: latenessSteps,
  overload: overloadSteps,
  memory: memorySteps,
  detection: detectionSteps,
  start: startSteps,
};

/** A quick run has so long, of which each step of these parts takes about that much at least. Milliseconds. */
const quickMs = 43_000;
const takesMs: Readonly<Partial<Record<Part, number>>> = { cost: 6_000, lateness: 5_500, detection: 7_000 };

/** @param onPart told of each part that is done: what follows may fail, and half an hour would be lost. */
export async function run(
  parts: readonly Part[],
  bench: Bench,
  versions: Versions,
  onPart: (results: Results) => void,
): Promise<Results> {
  const steps = parts.flatMap((part) => stepsOf[part](bench));
  const results = new Map<Part, Measured<object>>();
  const started = performance.now();
  let next = prepare(steps[0], bench);
  for (const [i, step] of steps.entries()) {
    const before = loadNow();
    await using prepared = await next;
    if (prepared === null) break;
    // A quick run starts what comes next while this is measured, on the core of those who serve.
    const after = steps[i + 1];
    if (bench.quick) next = prepare(after, bench);
    const later = steps.slice(i + 1);
    const leftMs =
      quickMs - (performance.now() - started) - later.reduce((ms, { part }) => ms + (takesMs[part] ?? 0), 0);
    const alike = 1 + later.filter(({ part }) => part === step.part).length;
    const begun = performance.now();
    try {
      const rows = await prepared.measure(leftMs / alike);
      const known = results.get(step.part);
      results.set(step.part, {
        at: known?.at ?? new Date().toISOString(),
        quick: bench.quick,
        seconds: Math.round((known?.seconds ?? 0) + (performance.now() - begun) / 1_000),
        machine: machine(),
        versions,
        load: { before: known?.load.before ?? before, after: loadNow() },
        rows: [...(known?.rows ?? []), ...rows],
      });
      if (after?.part !== step.part) onPart(Object.fromEntries(results));
    } catch (error) {
      // What was being prepared ends too.
      if (bench.quick) await (await next.catch(() => null))?.[Symbol.asyncDispose]();
      throw error;
    }
    if (!bench.quick) next = prepare(after, bench);
  }
  return Object.fromEntries(results);
}

/** @returns null: there is no further step. */
function prepare(step: Step | undefined, bench: Bench): Promise<Prepared | null> {
  const prepared = step === undefined ? Promise.resolve(null) : step.prepare(bench);
  // Whoever awaits it gets the error too.
  prepared.catch(() => undefined);
  return prepared;
}
