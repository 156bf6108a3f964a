/** A thread that simulates one seed after the other, as it is told. */
import { parentPort } from "node:worker_threads";
import { simulate, type Options } from "./simulation.ts";

parentPort?.on("message", (options: Options) => {
  simulate(options).then(
    (result) => parentPort?.postMessage(result),
    // Thrown again outside the promise, so that it ends the thread and the pool hears of it.
    (error: unknown) =>
      setImmediate(() => {
        throw error;
      }),
  );
});
