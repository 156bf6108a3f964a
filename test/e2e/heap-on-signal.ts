/** Loaded before the daemon: on SIGUSR2 its main thread collects all garbage and says how many bytes of its heap are alive. */
import { setFlagsFromString } from "node:v8";
import { isMainThread } from "node:worker_threads";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
if (isMainThread) {
  process.on("SIGUSR2", () => {
    // What is weakly held goes with the second one.
    collect();
    collect();
    console.log(`alive: ${process.memoryUsage().heapUsed} bytes`);
  });
}
