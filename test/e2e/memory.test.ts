/** What a target costs in memory. What is alive after a collection depends on no machine's speed; what is resident would. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Failoverd } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "failoverd-memory-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const hook = new URL("heap-on-signal.ts", import.meta.url).href;

/** Nothing listens there, and hardly anything is probed: groups of two members each. */
function configText(targets: number): string {
  const groups = Array.from(
    { length: targets / 2 },
    (_, n) => `  g${n}:
    provider: c66
    failover-group: g${n}
    members:
      - { name: a, stack: primary, host: 127.1.${n >> 8}.${n & 255} }
      - { name: b, stack: secondary, host: 127.2.${n >> 8}.${n & 255} }`,
  );
  return `listen: 127.0.0.1:0
state-dir: ${folder}/state-${targets}
providers:
  c66: { type: cloud66, endpoint: "http://127.0.0.1:9/api/3", token: 0000-test-only-0000 }
defaults:
  healthcheck: { mode: tcp, port: 9, interval: 300s, timeout: 2s }
groups:
${groups.join("\n")}
`;
}

/** @returns how many bytes of the main thread's heap are alive once the daemon has started. */
async function alive(targets: number): Promise<number> {
  const config = join(folder, `${targets}.yaml`);
  writeFileSync(config, configText(targets));
  await using daemon = new Failoverd(["run", "--no-watch", "--config", config], {
    env: { NODE_OPTIONS: `--import=${hook}` },
  });
  await daemon.url();
  daemon.kill("SIGUSR2");
  return Number((await daemon.prints(/alive: (\d+) bytes/))[1]);
}

test("a target more takes at most 10 kB of the heap", async () => {
  const few = await alive(100);
  const many = await alive(1_100);
  expect((many - few) / 1_000).toBeLessThan(10_000);
}, 60_000);
