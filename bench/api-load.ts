/**
 * Do people and programs that ask a lot make probes late? A real daemon probes 500 targets a second. In every other window its
 * API gets 200 requests a second, half of them for the whole status, and some clients open the event stream and never read it. The
 * start lateness of probes is taken from the daemon's own histogram, window by window, and compared side by side.
 *
 *   npm run bench:api -- [--windows 5] [--seconds 8]
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer, connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Agent, request } from "undici";
import { startSimulator } from "../src/simulator/simulator.ts";
import { parseWorld } from "../src/simulator/world-file.ts";

const groups = 250;
const requestsPerSecond = 200;
const deafStreams = 5;
const secret = "0000-bench-only-0000";
const token = "operate-0123456789abcdef";

const { values } = parseArgs({
  options: { windows: { type: "string", default: "5" }, seconds: { type: "string", default: "8" } },
});
const windows = Number(values.windows);
const windowMs = Number(values.seconds) * 1_000;

await using stack = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), "failoverd-bench-"));
stack.defer(() => rmSync(folder, { recursive: true, force: true }));
const port = await listening(stack);
const simulator = await startSimulator(parseWorld(worldText()));
stack.defer(() => simulator.close());
const url = await startDaemon(stack);
const agent = new Agent({ connections: 16 });
stack.defer(() => agent.destroy());

await sleep(10_000);
const rows: Record<"idle" | "loaded", Window[]> = { idle: [], loaded: [] };
for (let i = 0; i < windows; i++) {
  rows.idle.push(await measured(async () => sleep(windowMs)));
  rows.loaded.push(await measured(load));
}
print();

interface Window {
  readonly probes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that were answered with 200. */
  readonly answered: number;
}

type Buckets = ReadonlyMap<number, number>;

async function measured(act: () => Promise<number | void>): Promise<Window> {
  const before = await buckets();
  const answered = (await act()) ?? 0;
  const after = await buckets();
  const counts = new Map([...after].map(([le, count]) => [le, count - (before.get(le) ?? 0)]));
  const [p50, p99] = [quantile(counts, 0.5), quantile(counts, 0.99)];
  return { probes: counts.get(Infinity) ?? 0, p50Ms: p50 * 1_000, p99Ms: p99 * 1_000, answered };
}

/** As `histogram_quantile` of Prometheus: linear within a bucket. Seconds. */
function quantile(counts: Buckets, q: number): number {
  const rank = q * (counts.get(Infinity) ?? 0);
  let [lower, below] = [0, 0];
  for (const [le, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    if (count >= rank) {
      if (le === Infinity || count === below) return lower;
      return lower + ((le - lower) * (rank - below)) / (count - below);
    }
    [lower, below] = [le, count];
  }
  return lower;
}

async function buckets(): Promise<Buckets> {
  const text = await (await request(`${url}/metrics`, { dispatcher: agent })).body.text();
  const lines = text.matchAll(/^failoverd_probe_start_lateness_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm);
  return new Map([...lines].map(([, le, count]) => [le === "+Inf" ? Infinity : Number(le), Number(count)]));
}

/** @returns how many requests were answered with 200. */
async function load(): Promise<number> {
  const streams = Array.from({ length: deafStreams }, deafStream);
  const started = performance.now();
  const pending: Promise<number>[] = [];
  for (let sent = 0; performance.now() - started < windowMs; sent++) {
    pending.push(ask(sent % 2 === 0 ? "status" : "why?group=g1"));
    const due = started + ((sent + 1) * 1_000) / requestsPerSecond;
    if (due > performance.now()) await sleep(due - performance.now());
  }
  const answers = await Promise.all(pending);
  for (const stream of streams) stream.destroy();
  return answers.filter((status) => status === 200).length;
}

async function ask(path: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const { statusCode, body } = await request(`${url}/api/v1/${path}`, { dispatcher: agent, headers });
  await body.dump();
  return statusCode;
}

/** Asks for all events and never reads one. */
function deafStream(): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => {
    socket.write(
      `GET /api/v1/events?after=oldest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    socket.pause();
  });
  return socket.on("error", () => socket.destroy());
}

async function listening(stack: AsyncDisposableStack): Promise<number> {
  const server: Server = createTcpServer((socket) => socket.on("error", () => undefined).end());
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  stack.defer(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port");
  return address.port;
}

/** @returns where it serves. It is ended with the stack. */
async function startDaemon(stack: AsyncDisposableStack): Promise<string> {
  const config = join(folder, "failoverd.yaml");
  writeFileSync(config, configText());
  const main = new URL("../src/main.ts", import.meta.url).pathname;
  const child: ChildProcess = spawn(process.execPath, [main, "run", "--no-watch", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  stack.defer(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  });
  let said = "";
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    const found = /"url":"([^"]+)"/.exec(said)?.[1];
    if (found !== undefined) {
      child.stdout?.resume();
      return found;
    }
  }
  throw new Error(`The daemon did not start: ${said}`);
}

/** Failover groups, since one list tells the daemon of all of them: what the simulated cloud costs must not hide what the API costs. */
function worldText(): string {
  const stacks = Array.from({ length: 2 * groups }, (_, n) => `    - { uid: s${n}, name: s${n} }`);
  const all = Array.from(
    { length: groups },
    (_, n) =>
      `    - { uid: g${n}, address: g${n}.example.com, primary: s${2 * n}, secondary: s${2 * n + 1} }`,
  );
  return `listen: 127.0.0.1:0
cloud66:
  page-size: 1000
  tokens: [{ token: ${secret}, scope: admin }]
  stacks:
${stacks.join("\n")}
  failover-groups:
${all.join("\n")}
`;
}

function configText(): string {
  const member = (n: number, stack: string): string =>
    `      - { name: m${n}, stack: ${stack}, host: 127.${1 + (n >> 8)}.${n & 255}.1 }`;
  const all = Array.from(
    { length: groups },
    (_, n) => `  g${n}:
    provider: c66
    failover-group: g${n}
    members:
${member(2 * n, "primary")}
${member(2 * n + 1, "secondary")}`,
  );
  return `listen: 127.0.0.1:0
state-dir: ${folder}
api: { tokens: [{ name: bench, scope: operate, token: ${token} }] }
providers:
  c66: { type: cloud66, endpoint: "${simulator.cloud66Endpoint}", token: ${secret} }
defaults:
  healthcheck: { mode: tcp, port: ${port}, interval: 1s, timeout: 500ms }
groups:
${all.join("\n")}
`;
}

function print(): void {
  console.log(`${2 * groups} targets a second; windows of ${windowMs / 1_000} s, in turn`);
  console.log("window    probes    p50 ms    p99 ms   answered a second");
  for (const kind of ["idle", "loaded"] as const) {
    for (const { probes, p50Ms, p99Ms, answered } of rows[kind]) {
      const cells = [
        String(probes),
        p50Ms.toFixed(2),
        p99Ms.toFixed(2),
        String(Math.round((1_000 * answered) / windowMs)),
      ];
      console.log(kind.padEnd(8) + cells.map((cell) => cell.padStart(10)).join(""));
    }
  }
  const median = (kind: "idle" | "loaded"): number => {
    const sorted = rows[kind].map(({ p99Ms }) => p99Ms).toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  };
  const [idle, loaded] = [median("idle"), median("loaded")];
  console.log(
    `median p99 lateness: idle ${idle.toFixed(2)} ms, loaded ${loaded.toFixed(2)} ms, ratio ${(loaded / idle).toFixed(2)}`,
  );
}
