import { expect, test } from "vitest";
import { targetKey } from "../../../../src/core/target.ts";
import { ProbeScheduler } from "../../../../src/daemon/engine/scheduler.ts";
import { SharedProbes } from "../../../../src/daemon/engine/shared-probes.ts";
import { promisedProber } from "./promised-prober.ts";
import { failed, passed, tcpTarget } from "../results.ts";
import { VirtualClock } from "../virtual-clock.ts";

function setUp(answer = passed) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const proberOf = promisedProber(async ({ host }) => {
    asked.push(host);
    return answer();
  });
  const probes = new SharedProbes(new ProbeScheduler({ clock, proberOf }));
  return { clock, asked, probes };
}

const eachSecond = tcpTarget({ intervalMs: 1_000, fastIntervalMs: 100 });

test("targets that are the same to probe are probed once, and all who asked are told", async () => {
  const { clock, asked, probes } = setUp();
  const told: string[] = [];
  const strict = { ...eachSecond, strikesFail: 1 };
  for (const [name, target] of Object.entries({ web: eachSecond, shop: strict }))
    probes.add(targetKey(target), target, () => {
      told.push(name);
      return false;
    });
  expect(probes.size).toBe(1);
  await clock.advance(1_000);
  expect(asked).toHaveLength(1);
  expect(told).toEqual(["web", "shop"]);
});

test.each(["host", "port", "intervalMs", "timeoutMs", "fastIntervalMs"] as const)(
  "targets with another %s are probed apart",
  (field) => {
    const other = { ...eachSecond, [field]: field === "host" ? "127.0.0.2" : 4_000 };
    expect(targetKey(other)).not.toBe(targetKey(eachSecond));
  },
);

test("the fast interval lasts as long as a strike counts for anyone", async () => {
  const { clock, asked, probes } = setUp(failed);
  const counts = { web: true, shop: false };
  const web = probes.add("same", eachSecond, () => counts.web);
  probes.add("same", eachSecond, () => counts.shop);
  await clock.advance(1_000);
  asked.length = 0;
  await clock.advance(1_000);
  expect(asked.length).toBeGreaterThanOrEqual(9);
  web.remove();
  await clock.advance(1_000);
  asked.length = 0;
  await clock.advance(3_000);
  expect(asked).toHaveLength(3);
});

test("the probe ends when the last one leaves, not before", async () => {
  const { clock, asked, probes } = setUp();
  const first = probes.add("same", eachSecond, () => false);
  const second = probes.add("same", eachSecond, () => false);
  first.remove();
  first.remove();
  await clock.advance(1_000);
  expect(asked).toHaveLength(1);
  second.remove();
  await clock.advance(5_000);
  expect(asked).toHaveLength(1);
  expect(probes.size).toBe(0);
});
