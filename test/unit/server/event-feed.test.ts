/** What is kept for those who listen, and that they cost nothing to whoever tells it. */
import { describe, expect, test } from "vitest";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { EventFeed, eventTypes, type FeedParts } from "../../../src/server/event-feed.ts";
import { passed } from "../daemon/results.ts";
import { VirtualClock } from "../daemon/virtual-clock.ts";

function order(n: number, padding = 0): DaemonEvent {
  return { type: "order", group: "g", act: "pause", by: "ann", text: `order ${n}${"x".repeat(padding)}` };
}

function feedOf(parts: Partial<FeedParts> = {}): EventFeed {
  return new EventFeed({
    clock: new VirtualClock(),
    onBug: (error) => {
      throw error;
    },
    ...parts,
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("EventFeed", () => {
  test("keeps the newest, no more of them than it may, nor more bytes", () => {
    const few = feedOf({ keptMax: 3 });
    for (let n = 1; n <= 5; n++) few.take(order(n));
    expect([1, 2, 3, 4, 5].map((n) => few.get(n)?.frame.match(/order \d/)?.[0] ?? null)).toEqual([
      null,
      null,
      "order 3",
      "order 4",
      "order 5",
    ]);
    const small = feedOf({ bytesMax: 10_000 });
    for (let n = 1; n <= 20; n++) small.take(order(n, 1_000));
    const kept = Array.from({ length: 20 }, (_, i) => small.get(i + 1)?.frame.length ?? 0);
    expect(kept.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(10_000);
    expect(kept.filter((length) => length > 0).length).toBeGreaterThanOrEqual(8);
    expect(small.beginning("oldest")).toEqual({ n: small.newest - 8, gap: null });
  });

  test("takes what is news, and no single probe, look or request", () => {
    const feed = feedOf();
    feed.take({ type: "path-probe", group: "g", result: passed() });
    expect(feed.newest).toBe(0);
    feed.take(order(1));
    expect(feed.newest).toBe(1);
    expect(eventTypes).not.toEqual(expect.arrayContaining(["probe"]));
  });

  test("wakes those who listen once for all that happens at a time, and after it", async () => {
    const feed = feedOf();
    const woken: number[] = [];
    const end = feed.listen(() => woken.push(feed.newest));
    feed.take(order(1));
    feed.take(order(2));
    expect(woken).toEqual([]);
    await turn();
    expect(woken).toEqual([2]);
    feed.take(order(3));
    end();
    await turn();
    expect(woken).toEqual([2]);
  });

  test("is not disturbed by a listener that throws, and nor are the others", async () => {
    const bugs: string[] = [];
    const feed = feedOf({ onBug: (error) => bugs.push(error.message) });
    const woken: number[] = [];
    feed.listen(() => {
      throw new Error("broken");
    });
    feed.listen(() => woken.push(feed.newest));
    feed.take(order(1));
    await turn();
    feed.take(order(2));
    await turn();
    expect([bugs, woken]).toEqual([
      ["broken", "broken"],
      [1, 2],
    ]);
  });

  test("has an event that is one line of JSON, whatever its sentence holds", () => {
    const feed = feedOf();
    feed.take({ type: "order", group: null, act: "pause", by: "a", text: "one\r\ntwo\u2028\n\ndata: x" });
    const [id, event, data, ...rest] = feed.get(1)?.frame.split("\n") ?? [];
    expect([id, event, ...rest]).toEqual([`id: ${feed.idOf(1)}`, "event: order", "", ""]);
    expect(JSON.parse(data?.replace("data: ", "") ?? "")).toMatchObject({ group: null, act: "pause" });
  });
});
