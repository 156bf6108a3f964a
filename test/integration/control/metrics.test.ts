/** The page of metrics on a port: read in part or not at all, cut by a bug, or only asked about. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Metrics } from "../../../src/server/metrics.ts";
import { metricsPagesMax } from "../../../src/server/pages.ts";
import { configOf, snapshotOf } from "../../unit/server/page-facts.ts";
import { TcpStage } from "./tcp-stage.ts";

const open = { tokens: [], tls: null };

/** So large a page that no kernel takes it off our hands. */
function largeMetrics(): Metrics {
  const metrics = new Metrics("1.2.3");
  metrics.configLoaded(configOf(5_000), 0);
  return metrics;
}

/** @returns a connection whose page has begun and is not read. */
async function unread(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write("GET /metrics HTTP/1.1\r\nhost: failoverd\r\n\r\n");
  await once(socket, "readable");
  return socket;
}

class BrokenMetrics extends Metrics {
  override async *page(): AsyncIterable<string> {
    yield "x 1\n".repeat(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error("The third table is broken");
  }
}

describe("the page of metrics on a port", () => {
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  test("is not written for a HEAD", async () => {
    const bug = (): never => {
      throw new Error("A HEAD looked at the daemon");
    };
    await using stage = await TcpStage.start(open, { snapshot: bug });
    const answer = await stage.send("/metrics", { method: "HEAD" });
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.headers["content-type"]).toContain("version=0.0.4");
    expect(stage.control.bugs).toEqual([]);
  });

  test("is told as a bug when it breaks at its begin", async () => {
    const bug = (): never => {
      throw new Error("No snapshot");
    };
    await using stage = await TcpStage.start(open, { snapshot: bug });
    for (const path of ["/metrics", "/readyz"]) expect((await stage.send(path)).status).toBe(500);
    expect(stage.control.bugs.map(({ message }) => message)).toEqual(["No snapshot", "No snapshot"]);
  });

  test("is cut and told as a bug, once, when it breaks half-way", async () => {
    await using stage = await TcpStage.start(open, { metrics: new BrokenMetrics("1.2.3") });
    await expect(stage.send("/metrics")).rejects.toThrow(/closed|terminated|aborted/);
    expect(stage.control.bugs.map(({ message }) => message)).toEqual([
      "The page of metrics was cut: The third table is broken",
    ]);
  });

  test("holds up nobody when it is not read: others are refused at the limit, and served once it is cut", async () => {
    const deadlines: AbortController[] = [];
    const metricsDeadline = (): AbortSignal => {
      const deadline = new AbortController();
      deadlines.push(deadline);
      return deadline.signal;
    };
    const metrics = largeMetrics();
    await using stage = await TcpStage.start(open, {
      metrics,
      metricsDeadline,
      snapshot: () => snapshotOf(),
    });
    for (let i = 0; i < metricsPagesMax - 1; i += 1) sockets.push(await unread(stage.server.url));
    expect((await stage.send("/metrics")).status).toBe(200);
    sockets.push(await unread(stage.server.url));
    expect(await stage.send("/metrics")).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect((await stage.send("/livez")).status).toBe(200);
    deadlines[0]!.abort();
    const [cut] = sockets;
    cut!.resume();
    await once(cut!, "close");
    expect((await stage.send("/metrics")).status).toBe(200);
    expect(stage.control.bugs).toEqual([]);
  });

  test("is forgotten when its reader goes away", async () => {
    const metrics = largeMetrics();
    let begun = 0;
    await using stage = await TcpStage.start(open, {
      metrics,
      snapshot: () => {
        begun += 1;
        return snapshotOf();
      },
    });
    for (let i = 0; i < metricsPagesMax; i += 1) sockets.push(await unread(stage.server.url));
    for (const socket of sockets) socket.destroy();
    const statuses: number[] = [];
    while (statuses.at(-1) !== 200) statuses.push((await stage.send("/metrics")).status);
    expect(begun).toBe(metricsPagesMax + 1);
    expect(stage.control.bugs).toEqual([]);
  });
});
