/** Loaded into a daemon before its own code: a signal makes its main thread collect all garbage, as V8 does now and then by itself. */
import { isMainThread } from "node:worker_threads";

if (isMainThread) process.on("SIGUSR2", () => globalThis.gc?.());
