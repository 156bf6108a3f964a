/** When a situation is written down, and when not. */
import { expect, test } from "vitest";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { DaemonStage } from "./stage.ts";

const minute = 60_000;
const day = 86_400_000;

function situations(stage: DaemonStage): readonly Extract<DaemonEvent, { type: "situation" }>[] {
  return stage.events.filter((event) => event.type === "situation");
}

async function steady(): Promise<DaemonStage> {
  const stage = new DaemonStage();
  await stage.clock.advance(minute);
  stage.events.length = 0;
  return stage;
}

test("a target that fails every other probe writes no situation, though its strikes come and go", async () => {
  const stage = await steady();
  for (let i = 0; i < 60; i++) {
    stage.answer("b", i % 2 === 0 ? "refused" : "ok");
    stage.answer("a", i % 2 === 0 ? "ok" : "refused");
    await stage.clock.advance(10_000);
  }
  expect(stage.texts("transition")).toEqual([]);
  expect(situations(stage)).toEqual([]);
});

test("whatever the story is made of writes one when it changes", async () => {
  const stage = await steady();
  const count = async (): Promise<number> => {
    stage.events.length = 0;
    await stage.clock.advance(minute);
    return situations(stage).length;
  };
  const given = { by: "ann", reason: "x", forMs: 10 * minute };
  expect(await count()).toBe(0);
  stage.daemon.people.pause("g", given);
  expect(await count()).toBe(1);
  stage.daemon.people.pause("g", { ...given, by: "bob" });
  expect(await count()).toBe(1);
  stage.daemon.people.drain("g", "b", given);
  expect(await count()).toBe(1);
  stage.daemon.people.force("g", "b", "healthy", given);
  expect(await count()).toBe(1);
  stage.answer("b", "refused");
  expect(await count()).toBe(1);
  expect(situations(stage)[0]?.situation.members[1]).toMatchObject({
    health: "healthy",
    realHealth: "unhealthy",
    forced: { by: "ann", health: "healthy" },
  });
  stage.cloud.foreign = ["someone"];
  expect(await count()).toBe(1);
  // The orders expire, each at its own time.
  await stage.clock.advance(20 * minute);
  expect(await count()).toBe(0);
});

test("one that lasts is written again each day, so that dropping the old ones leaves no moment unexplained", async () => {
  const stage = await steady();
  await stage.clock.advance(day - minute);
  expect(situations(stage)).toHaveLength(0);
  await stage.clock.advance(2 * minute);
  expect(situations(stage)).toHaveLength(1);
});
