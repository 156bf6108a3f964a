#!/usr/bin/env node
import { spareMemory } from "./cli/memory-settings.ts";

// Before anything else is loaded, so that the heap is still small.
if (process.argv[2] === "run") spareMemory();
const { main } = await import("./cli/program.ts");

// Whoever reads us, such as head, may have enough: that is no error of ours. The daemon goes on without its log.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (process.argv[2] !== "run") process.exit();
  });
}
process.exitCode = await main(process.argv.slice(2));
