/** Runs a piece of a test in a process of its own: one without descriptors, without a network, or just empty. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const probesUrl = pathToFileURL(resolve("src/probes")).href;

/**
 * Runs `body`, a piece of an ES module in which `fs`, `probe`, `createResolver` and `services` are known, and which calls `answer(value)`.
 *
 * @param wrapper a command that runs the command after it. Default: none.
 * @returns the value that was answered, once the process has ended by itself.
 */
export async function runElsewhere(body: string, wrapper: readonly string[] = []): Promise<unknown> {
  const script = `
    import fs from "node:fs";
    import { probe } from "${probesUrl}/probe.ts";
    import { createResolver } from "${probesUrl}/resolve.ts";
    const services = {
      now: () => performance.now(),
      resolve: async () => ({ address: "127.0.0.1" }),
      signal: new AbortController().signal,
      lateLimitMs: 20_000,
    };
    const answer = (value) => fs.writeSync(1, JSON.stringify(value));
    ${body}`;
  const [command, ...rest] = [...wrapper, process.execPath, "--input-type=module", "-e", script];
  // Node would complain that it cannot read these without a descriptor.
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined };
  const child = spawn(command, rest, { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child, "close");
  return JSON.parse(output);
}
