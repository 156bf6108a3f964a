/** One way of probing, for `probe-cost.ts`: waits for an order, probes for so long, answers with what it took. */
import { once } from "node:events";
import { get } from "node:http";
import { get as getTls } from "node:https";
import { connect } from "node:net";
import { resolve as resolvePath } from "node:path";
import { connect as connectTls } from "node:tls";
import { Client, fetch } from "undici";
import type { Mode, Target } from "../src/core/target.ts";
import type { ProbeResult } from "../src/core/probe-result.ts";
import type { Ports } from "./probe-cost-target.ts";

export interface Order {
  readonly seconds: number;
  /** Probes started a second. */
  readonly rate: number;
}

export interface Window {
  /** Microseconds a probe. */
  readonly cpuUs: number;
  /** The kernel's part of that. */
  readonly kernelUs: number;
  readonly notPassed: number;
  readonly perSecond: number;
  /** Of the heap, between two probes. Null: the way keeps nothing. */
  readonly bytesPerTarget: number | null;
}

/** Starts one probe of a target. */
type Start = (done: (passed: boolean) => void) => void | Promise<void>;

/** Targets that take turns. */
const TARGETS = 1_000;

/** Starts are gathered for so long, as the daemon does it, in milliseconds. */
const TICK_MS = 5;

const [mode = "", way = "", portsText = "{}"] = process.argv.slice(2);
const ports = JSON.parse(portsText) as Ports;
const port = ports[mode as Mode];
/** Of the source that is measured, and what its probes keep for the next. */
const [dir = "", kept = ""] = way.split(" with ");

function target(): Target {
  const http = {
    uri: "/healthz",
    method: "GET",
    hostHeader: null,
    headers: {},
    expectStatus: [{ from: 100, to: 399 }],
    expectHeader: null,
    expectBody: null,
    reuse: kept === "reuse",
  } as const;
  return {
    mode: mode as Mode,
    host: "127.0.0.1",
    port,
    http: mode === "tcp" ? null : http,
    tls:
      mode === "https"
        ? { sni: "localhost", skipVerify: false, caPem: ports.caPem, resume: kept === "resume" }
        : null,
    intervalMs: 1_000,
    timeoutMs: 2_000,
    fastIntervalMs: null,
    strikesOk: 2,
    strikesFail: 3,
    brownOut: null,
    watch: false,
  };
}

interface Probes {
  readonly probe: (target: Target, services: object) => Promise<ProbeResult>;
  readonly PreparedProbe: (new (target: Target, services: object) => Prepared) | null;
}

interface Prepared {
  start(onResult: (result: ProbeResult) => void): void;
}

async function load(dir: string): Promise<Probes> {
  const { probe } = (await import(resolvePath(process.cwd(), dir, "probe.ts"))) as Pick<Probes, "probe">;
  const prepared = import(resolvePath(process.cwd(), dir, "prepared-probe.ts")) as Promise<Probes>;
  return { probe, PreparedProbe: await prepared.then((module) => module.PreparedProbe).catch(() => null) };
}

async function probesOf(dir: string): Promise<() => Start> {
  const { probe, PreparedProbe } = await load(dir);
  const services = {
    now: () => performance.now(),
    resolve: async () => ({ address: "127.0.0.1" }),
    signal: new AbortController().signal,
  };
  if (PreparedProbe === null) {
    return () => {
      const one = target();
      return settled(async () => (await probe(one, services)).outcome === "pass");
    };
  }
  return () => {
    const prepared = new PreparedProbe(target(), services);
    return (done) => prepared.start(({ outcome }) => done(outcome === "pass"));
  };
}

/** @returns a start of something that passes or not; a rejection is a fail. */
function settled(attempt: () => Promise<boolean>): Start {
  return async (done) => {
    let passed = false;
    try {
      passed = await attempt();
    } catch {
      // The window counts it as a fail.
    }
    done(passed);
  };
}

const timeoutOf = (): AbortSignal => AbortSignal.timeout(2_000);
const url = `${mode}://localhost:${port}/healthz`;
const tlsOptions = { ca: ports.caPem, servername: "localhost" };

const nodeWays: Readonly<Record<string, Start>> = {
  "net.connect": (done) => {
    const socket = connect({ host: "127.0.0.1", port, autoSelectFamily: false });
    socket.once("connect", () => {
      socket.resetAndDestroy();
      done(true);
    });
    socket.once("error", () => done(false));
  },
  "http.get": (done) => {
    get(
      { host: "127.0.0.1", port, path: "/healthz", agent: false as const, signal: timeoutOf() },
      (response) => {
        response.resume();
        done(response.statusCode === 200);
      },
    ).once("error", () => done(false));
  },
  "https.get": (done) => {
    const options = { ...tlsOptions, host: "127.0.0.1", port, path: "/healthz", agent: false as const };
    getTls({ ...options, signal: timeoutOf() }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    }).once("error", () => done(false));
  },
  "undici.request": settled(async () => {
    const client = new Client(`${mode}://127.0.0.1:${port}`, { connect: tlsOptions, pipelining: 0 });
    try {
      const { statusCode, body } = await client.request({
        path: "/healthz",
        method: "GET",
        signal: timeoutOf(),
      });
      await body.dump();
      return statusCode === 200;
    } finally {
      await client.close();
    }
  }),
  fetch: settled(async () => {
    const response = await fetch(url, { headers: { connection: "close" }, signal: timeoutOf() });
    await response.text();
    return response.ok;
  }),
  "tls.connect, new context": (done) => {
    const socket = connectTls({ ...tlsOptions, host: "127.0.0.1", port });
    socket.once("secureConnect", () => socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    socket.once("data", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  },
};

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function startsOf(): Promise<{ readonly starts: readonly Start[]; readonly bytes: number | null }> {
  const nodeWay = nodeWays[way];
  if (nodeWay !== undefined) return { starts: Array.from({ length: TARGETS }, () => nodeWay), bytes: null };
  const make = await probesOf(dir);
  make();
  const before = heapBytes();
  const starts = Array.from({ length: TARGETS }, make);
  return { starts, bytes: Math.round((heapBytes() - before) / TARGETS) };
}

const { starts, bytes } = await startsOf();

/** Starts probes for so long, evenly, and resolves when the last one has ended. */
function run({ seconds, rate }: Order): Promise<Omit<Window, "bytesPerTarget">> {
  const total = seconds * rate;
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  let started = 0;
  let ended = 0;
  let notPassed = 0;
  const { promise, resolve } = Promise.withResolvers<Omit<Window, "bytesPerTarget">>();
  const free = [...starts];
  const done = (passed: boolean, start: Start): void => {
    free.push(start);
    ended += 1;
    if (!passed) notPassed += 1;
    if (ended < total) return;
    const { user, system } = process.cpuUsage(cpuBefore);
    const tookMs = performance.now() - began;
    resolve({
      cpuUs: (user + system) / total,
      kernelUs: system / total,
      notPassed,
      perSecond: (total * 1_000) / tookMs,
    });
  };
  const ticker = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - began) * rate) / 1_000));
    while (started < due) {
      const start = free.shift();
      if (start === undefined) break;
      started += 1;
      void start((passed) => done(passed, start));
    }
    if (started === total) clearInterval(ticker);
  }, TICK_MS);
  return promise;
}

// The compiler has done its work after some thousands.
await run({ seconds: 4, rate: mode === "https" ? 250 : 1_500 });
process.send?.("ready");
process.on("disconnect", () => process.exit());
for (;;) {
  const [order] = (await once(process, "message")) as [Order];
  globalThis.gc?.();
  const window: Window = { ...(await run(order)), bytesPerTarget: bytes };
  process.send?.(window);
}
