/** What a daemon has to bear beside its probes: whoever scrapes it, asks its API, listens to its events, and its own garbage. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import type { Strain } from "../report/result.ts";
import { token } from "./world.ts";

const scrapeEveryMs = 1_000;
const collectEveryMs = 1_000;
/** Questions why, in turn about all groups; and for all of its status. */
const whyEveryMs = 20;
const statusEveryMs = 1_000;
/** Who have the events sent to them, as an open page has. */
const listeners = 100;
const answerMs = 60_000;
/** So many questions of a kind wait for their answers at most: who asks gets no answer sooner by asking again. */
const waitingMax = 4;

export interface Strained {
  readonly url: string;
  /** Their names are g0, g1, … */
  readonly groups: number;
  readonly collect: () => void;
  /** How long it lasts. */
  readonly ms: number;
}

export async function strain(kind: Strain, { url, groups, collect, ms }: Strained): Promise<void> {
  const agent = new Agent({ connections: 16 });
  const end = performance.now() + ms;
  const isIn = (...kinds: readonly Strain[]): boolean => kind === "all" || kinds.includes(kind);
  const sockets = isIn("api") ? Array.from({ length: listeners }, () => listen(url)) : [];
  const ask = (path: string) => askFor(`${url}${path}`, agent);
  let asked = 0;
  await Promise.all([
    sleep(ms),
    ...(isIn("scrapes") ? [every(scrapeEveryMs, end, () => ask("/metrics"))] : []),
    ...(isIn("api")
      ? [
          every(whyEveryMs, end, () => ask(`/api/v1/why?group=g${asked++ % groups}`)),
          every(statusEveryMs, end, () => ask("/api/v1/status")),
        ]
      : []),
    ...(isIn("collections") ? [every(collectEveryMs, end, async () => collect())] : []),
  ]);
  for (const socket of sockets) socket.destroy();
  await agent.destroy();
}

/** Begins again and again, unless too many have not ended. @returns when the end has come and all have ended. */
async function every(ms: number, end: number, act: () => Promise<void>): Promise<void> {
  const all = new Set<Promise<void>>();
  for (let at = performance.now(); at < end; at += ms) {
    await sleep(Math.max(0, at - performance.now()));
    if (all.size >= waitingMax) continue;
    const one = act();
    all.add(one);
    // Whoever awaits it gets its error.
    void one.then(
      () => all.delete(one),
      () => undefined,
    );
  }
  await Promise.all(all);
}

async function askFor(url: string, dispatcher: Agent): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const { statusCode, body } = await request(url, {
    dispatcher,
    headers,
    signal: AbortSignal.timeout(answerMs),
  });
  await body.dump({ limit: 1e9 });
  if (statusCode !== 200) throw new Error(`${url} answers ${statusCode}`);
}

function listen(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () =>
    socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`),
  );
  return socket.on("data", () => undefined).on("error", () => socket.destroy());
}
