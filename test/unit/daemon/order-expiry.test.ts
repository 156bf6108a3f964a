/** How long a standing order holds, on a clock that does what clocks do. */
import { describe, expect, test } from "vitest";
import {
  Orders,
  type OrderStore,
  type StandingOrder,
  type StoredOrder,
  type Subject,
} from "../../../src/daemon/orders.ts";
import { DaemonStage } from "./stage.ts";
import { VirtualClock } from "./virtual-clock.ts";

const minute = 60_000;
const hour = 60 * minute;
const pause: Subject = { kind: "pause", group: "g" };
const given = { by: "ann", reason: "upgrade", forMs: hour };

class Stage {
  readonly clock: VirtualClock = new VirtualClock();
  readonly changes: (string | null)[] = [];
  readonly expired: StandingOrder[] = [];
  stored: readonly StoredOrder[] = [];
  orders: Orders;

  constructor() {
    this.orders = this.#started();
  }

  /** Ends this process and starts another one, `awayMs` later. */
  async restart(awayMs: number): Promise<void> {
    this.orders.stop();
    await this.clock.advance(awayMs);
    this.orders = this.#started();
  }

  /** How long the pause of `g` holds still; null: it does not. */
  get leftMs(): number | null {
    const until = this.orders.pauseOf("g")?.until ?? null;
    return until === null ? null : until - this.clock.now();
  }

  #started(): Orders {
    const store: OrderStore = {
      load: () => this.stored,
      peek: () => this.stored,
      save: (orders) => {
        this.stored = orders;
        return null;
      },
    };
    return new Orders({
      clock: this.clock,
      store,
      onChange: (group) => this.changes.push(group),
      onExpiry: (order) => this.expired.push(order),
    });
  }
}

describe("a standing order", () => {
  test("ends by itself at its very instant, and that is told", async () => {
    const stage = new Stage();
    stage.orders.give(pause, given);
    stage.changes.length = 0;
    await stage.clock.advance(hour - 1);
    expect(stage.leftMs).toBe(1);
    expect(stage.expired).toEqual([]);
    await stage.clock.advance(1);
    expect(stage.orders.all).toEqual([]);
    expect(stage.expired).toMatchObject([{ subject: pause, order: { by: "ann" } }]);
    expect(stage.changes).toEqual(["g"]);
  });

  test("counts no longer when its time is over, although the timer runs late", async () => {
    const stage = new Stage();
    stage.orders.give(pause, given);
    const held = stage.orders;
    const before = stage.clock.now();
    await stage.clock.stall(2 * hour);
    expect(stage.clock.now() - before).toBe(2 * hour);
    expect(held.pauseOf("g")).toBeNull();
    expect(stage.expired).toHaveLength(1);
  });

  test("each ends in its own time", async () => {
    const stage = new Stage();
    stage.orders.give(pause, given);
    stage.orders.give({ kind: "pause", group: null }, { ...given, forMs: minute });
    stage.orders.give({ kind: "drain", group: "g", member: "a" }, { ...given, forMs: null });
    await stage.clock.advance(minute);
    expect(stage.orders.all.map(({ subject }) => subject.kind)).toEqual(["pause", "drain"]);
    await stage.clock.advance(hour);
    expect(stage.orders.all.map(({ subject }) => subject.kind)).toEqual(["drain"]);
    await stage.clock.advance(10_000 * hour);
    expect(stage.orders.ofMember("g", "a").drained).toMatchObject({ until: null });
  });

  test("takes the place of one about the same, also with a shorter time", async () => {
    const stage = new Stage();
    stage.orders.give(pause, given);
    stage.orders.give(pause, { ...given, by: "bob", forMs: minute });
    expect(stage.orders.all).toHaveLength(1);
    await stage.clock.advance(minute);
    expect(stage.orders.all).toEqual([]);
    expect(stage.expired).toMatchObject([{ order: { by: "bob" } }]);
  });

  test("of force takes the place of the other force, and no other order", () => {
    const stage = new Stage();
    const subject = { kind: "force", group: "g", member: "a" } as const;
    stage.orders.give({ ...subject, member: "b", health: "healthy" }, given);
    stage.orders.give({ kind: "drain", group: "g", member: "a" }, given);
    stage.orders.give({ ...subject, health: "healthy" }, given);
    stage.orders.give({ ...subject, health: "unhealthy" }, { ...given, by: "bob" });
    expect(stage.orders.ofMember("g", "a")).toMatchObject({
      drained: { by: "ann" },
      forced: { health: "unhealthy", by: "bob" },
    });
    expect(stage.orders.ofMember("g", "b").forced).toMatchObject({ health: "healthy" });
    expect(stage.stored).toHaveLength(3);
    stage.orders.takeBack({ ...subject, health: "healthy" });
    expect(stage.orders.ofMember("g", "a")).toMatchObject({ drained: { by: "ann" }, forced: null });
  });
});

describe("a standing order and a restart", () => {
  test("can be taken back although its group has left the config since", async () => {
    const stage = new DaemonStage();
    const wallNow = stage.clock.wallNow();
    const stamps = { by: "ann", reason: "disk", givenWallMs: wallNow, untilWallMs: null };
    stage.kill();
    stage.orderStore.saved = [
      { subject: { kind: "drain", group: "gone", member: "x" }, ...stamps },
      { subject: { kind: "drain", group: "g", member: "gone" }, ...stamps },
    ];
    stage.start();
    const { people } = stage.daemon;
    expect(people.undrain("gone", "x", { by: "bob" })).toMatchObject({ kind: "done" });
    expect(people.undrain("g", "gone", { by: "bob" })).toMatchObject({ kind: "done" });
    expect(people.undrain("gone", "x", { by: "bob" })).toMatchObject({ kind: "refused", rule: "unknown" });
    expect(stage.orderStore.saved).toEqual([]);
  });

  test("goes on for the time that is left", async () => {
    const stage = new Stage();
    stage.orders.give(pause, given);
    await stage.clock.advance(10 * minute);
    await stage.restart(20 * minute);
    expect(stage.leftMs).toBe(30 * minute);
    expect(stage.clock.now() - (stage.orders.pauseOf("g")?.since ?? 0)).toBe(30 * minute);
    await stage.clock.advance(30 * minute);
    expect(stage.orders.all).toEqual([]);
    expect(stage.expired).toHaveLength(1);
  });

  test("that has ended while we ran is not told again by the next process", async () => {
    const stage = new Stage();
    stage.orders.give({ kind: "drain", group: "g", member: "a" }, { ...given, forMs: null });
    stage.orders.give(pause, given);
    await stage.clock.advance(hour);
    expect(stage.expired).toHaveLength(1);
    await stage.restart(minute);
    await stage.clock.advance(minute);
    expect(stage.expired).toHaveLength(1);
    expect(stage.orders.ofMember("g", "a").drained).not.toBeNull();
  });

  test("holds again once the wall clock is right, that was far ahead when a process started", async () => {
    const stage = new Stage();
    stage.orders.give(pause, given);
    stage.clock.stepWall(1_000 * hour);
    await stage.restart(minute);
    await stage.clock.advance(minute);
    expect(stage.leftMs).toBeNull();
    stage.clock.stepWall(-1_000 * hour);
    await stage.restart(minute);
    expect(stage.leftMs).toBe(57 * minute);
  });

  test("is over when its time ran out meanwhile", async () => {
    const stage = new Stage();
    stage.orders.give(pause, given);
    await stage.restart(hour);
    expect(stage.orders.pauseOf("g")).toBeNull();
  });

  test.each([-1_000 * hour, -hour, -minute, -1, 0, 1, minute, hour, 1_000 * hour])(
    "holds no longer than it was given for, though the wall clock was stepped by %i ms meanwhile",
    async (stepMs) => {
      const stage = new Stage();
      stage.orders.give(pause, given);
      await stage.clock.advance(10 * minute);
      stage.clock.stepWall(stepMs);
      await stage.restart(minute);
      expect(stage.leftMs ?? 0).toBeLessThanOrEqual(hour);
      if (stepMs >= 0) expect(stage.leftMs ?? 0).toBeLessThanOrEqual(49 * minute);
      if (stepMs <= 0) expect(stage.leftMs).toBeGreaterThanOrEqual(49 * minute);
      await stage.clock.advance(hour);
      expect(stage.orders.all).toEqual([]);
    },
  );
});
