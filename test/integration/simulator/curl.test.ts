/** The hand-written client and the session of docs/simulator.md, as they stand there: sh, curl and openssl. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { keyPair, start } from "./client.ts";

const run = promisify(execFile);
const page = await readFile(new URL("../../../docs/simulator.md", import.meta.url), "utf8");

/** The first block of shell in the page that contains `text`. */
function blockWith(text: string): string {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? "");
  const found = blocks.find((block) => block.includes(text));
  if (found === undefined) throw new Error(`docs/simulator.md has no shell with ${text}`);
  return found;
}

/** Runs shell in a folder that has `exo.sh`. @returns its lines. */
async function shell({ exoscaleEndpoint }: Simulator, script: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "exo-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "exo.sh"), blockWith("EXO2-HMAC-SHA256"));
  const env = {
    PATH: process.env["PATH"],
    EXOSCALE_API_ENDPOINT: exoscaleEndpoint,
    EXOSCALE_API_KEY: keyPair.key,
    EXOSCALE_API_SECRET: keyPair.secret,
  };
  const { stdout } = await run("sh", ["-euc", script], { cwd: folder, env, timeout: 20_000 });
  return stdout.trimEnd().split("\n");
}

test("curl lists, shows, attaches, waits and detaches", async () => {
  const simulator = await start();
  const lines = await shell(simulator, blockWith(":attach"));
  const text = lines.join("\n");
  expect(text).toContain('{"elastic-ips":[{"id":"e1a50000-0000-4000-8000-000000000007"');
  expect(text).toContain('"description":"web"');
  expect(lines.slice(-5)).toEqual([
    expect.stringContaining('"name":"web-a" '),
    "success",
    '"name":"web-a" "name":"web-b" ',
    "success",
    '"name":"web-a"',
  ]);
  expect(simulator.world.requests.find({ status: "4xx" })).toEqual([]);
  expect(simulator.world.requests.find({ method: "PUT" })).toHaveLength(2);
});

test("curl creates, updates and deletes, and signs several query arguments in the order of their names", async () => {
  const simulator = await start({ exoscale: { operationTimeMs: 0 } });
  const lines = await shell(
    simulator,
    `sh exo.sh POST /elastic-ip '{"description":"made with curl","healthcheck":{"mode":"tcp","port":443}}'
     eip=$(sh exo.sh GET /elastic-ip | sed 's/.*"id":"\\([^"]*\\)","ip":"203.*/\\1/')
     sh exo.sh PUT "/elastic-ip/$eip" '{"description":"é ü 中"}'
     sh exo.sh GET "/elastic-ip/$eip"
     sh exo.sh DELETE "/elastic-ip/$eip"
     sh exo.sh GET '/instance?manager-type=instance-pool&ip-address=192.0.2.1'`,
  );
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ state: "success" }),
    expect.objectContaining({ state: "success" }),
    expect.objectContaining({ description: "é ü 中", healthcheck: expect.objectContaining({ mode: "tcp" }) }),
    expect.objectContaining({ state: "success" }),
    { instances: [] },
  ]);
});

test("curl is told why when the secret is wrong", async () => {
  const simulator = await start();
  const script = "EXOSCALE_API_SECRET=other sh exo.sh GET /elastic-ip || true";
  expect(await shell(simulator, script)).toEqual(['{"message":"Invalid request signature"}']);
});
