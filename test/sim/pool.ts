/** Many seeds on several threads. What comes out, and its order, does not depend on how many threads there are. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Options, Result } from "./simulation.ts";

/** The garbage of a history is short-lived; with more room for it less is carried along. Megabytes. */
const youngGenerationMb = 64;

/** What every seed has in common. Neither a sink nor a witness can be handed to another thread. */
export type CommonOptions = Omit<Options, "seed" | "sink" | "witness">;

export interface PoolOptions extends CommonOptions {
  readonly seeds: readonly string[];
  /** Threads, default one for each core. */
  readonly jobs?: number;
}

/** @returns the results in the order of the seeds, each as soon as all before it are known. */
export async function* simulateAll({ seeds, jobs, ...common }: PoolOptions): AsyncGenerator<Result> {
  const threads = Math.min(jobs ?? availableParallelism(), seeds.length);
  const waiting: Job[] = seeds.map((seed) => ({
    ...Promise.withResolvers<Result>(),
    options: { ...common, seed },
  }));
  const results = waiting.map(({ promise }) => promise);
  // Who comes first to a broken one sees the error; the others need not.
  for (const result of results) result.catch(() => undefined);
  const workers = Array.from({ length: threads }, () => startWorker(waiting));
  try {
    for (const result of results) yield await result;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

interface Job extends PromiseWithResolvers<Result> {
  readonly options: Options;
}

/** A worker that takes the next job whenever it has done one. */
function startWorker(waiting: Job[]): Worker {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  });
  let job: Job | undefined;
  const next = (): void => {
    job = waiting.shift();
    if (job !== undefined) worker.postMessage(job.options);
  };
  worker.on("message", (result: Result) => {
    job?.resolve(result);
    next();
  });
  worker.on("error", (error: unknown) =>
    job?.reject(new Error(`Cannot simulate seed ${job.options.seed}`, { cause: error })),
  );
  next();
  return worker;
}
