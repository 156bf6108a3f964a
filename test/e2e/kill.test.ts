/**
 * kill -9 between every two steps of a move, and a restart on the same state. The cut is made inside the cloud, before it sends
 * the answer that would follow, and the cloud's own record tells what the world went through.
 */
import { describe, expect, test } from "vitest";
import type { OperationName } from "../../src/simulator/operations.ts";
import { TestCloud, type TestCloudOptions } from "./cloud.ts";
import { Failoverd } from "./process.ts";

const processTimeoutMs = 60_000;

const attach = "attach-instance-to-elastic-ip";
const detach = "detach-instance-from-elastic-ip";
const flip = "update-failover-group";

interface Cut {
  /** A request to this operation is swallowed: it arrives, nothing is done, nothing is answered. */
  readonly swallows?: OperationName;
  readonly isNow: (cloud: TestCloud) => boolean;
}

/** The request has arrived and is not carried out. */
const arrived = (operation: OperationName): Cut => ({
  swallows: operation,
  isNow: ({ lastRequest }) => lastRequest?.operation === operation && lastRequest.status === "hung",
});
/** The request is accepted, what it asks for is under way, and no answer is sent. */
const accepted = (operation: OperationName): Cut => ({
  isNow: ({ lastRequest }) => lastRequest?.operation === operation && lastRequest.status === 200,
});
/** It is done, and nobody has looked. */
const done = (holders: string): Cut => ({ isNow: ({ record }) => record.at(-1) === holders });
/** It is done, and the daemon looks who holds the address now. */
const lookedAt = (holders: string, reading: OperationName): Cut => ({
  isNow: ({ record, lastRequest }) => record.at(-1) === holders && lastRequest?.operation === reading,
});

interface Way {
  readonly name: string;
  readonly cloud: TestCloudOptions;
  readonly dead: string;
  readonly heir: string;
  /** Who holds the address, from the beginning to the end of the move. */
  readonly record: readonly string[];
  readonly calls: readonly OperationName[];
  readonly cuts: Readonly<Record<string, Cut>>;
}

const ways: readonly Way[] = [
  {
    name: "attach-first",
    cloud: {},
    dead: "web-a",
    heir: "web-b",
    record: ["web-a", "web-a+web-b", "web-b"],
    calls: [attach, detach],
    cuts: {
      "before the attach is carried out": arrived(attach),
      "when the attach is sent and not answered": accepted(attach),
      "when the attach is done": done("web-a+web-b"),
      "after the attach, before the detach": lookedAt("web-a+web-b", "list-instances"),
      "before the detach is carried out": arrived(detach),
      "when the detach is sent and not answered": accepted(detach),
      "when the detach is done": done("web-b"),
      "after the detach": lookedAt("web-b", "list-instances"),
    },
  },
  {
    name: "detach-first",
    cloud: { policy: "order: detach-first" },
    dead: "web-a",
    heir: "web-b",
    record: ["web-a", "nobody", "web-b"],
    calls: [attach, detach],
    cuts: {
      "before the detach is carried out": arrived(detach),
      "when the detach is sent and not answered": accepted(detach),
      "when the detach is done": done("nobody"),
      "after the detach, before the attach": lookedAt("nobody", "list-instances"),
      "before the attach is carried out": arrived(attach),
      "when the attach is sent and not answered": accepted(attach),
      "when the attach is done": done("web-b"),
      "after the attach": lookedAt("web-b", "list-instances"),
    },
  },
  {
    name: "flip",
    cloud: { group: "shop" },
    dead: "eu",
    heir: "us",
    record: ["eu", "us"],
    calls: [flip],
    cuts: {
      "before the flip is carried out": arrived(flip),
      "when the flip is sent and not answered": accepted(flip),
      "when the flip is done": done("us"),
      "after the flip": lookedAt("us", "list-failover-groups"),
    },
  },
];

const cases = ways.flatMap((way) =>
  Object.entries(way.cuts).map(([when, cut]) => ({ way, cut, name: `${way.name}: ${when}` })),
);

/** Starts the daemon, kills the holder, and kills the daemon at the cut. */
async function killedAt(cut: Cut, cloud: TestCloud, dead: string): Promise<void> {
  await using daemon = new Failoverd(["run", "--config", cloud.configFile]);
  await daemon.prints(/"rule":"steady"/);
  if (cut.swallows !== undefined)
    cloud.breaks({ operation: cut.swallows, times: 1, effect: { kind: "hang" } });
  const end = cloud.onEvent(() => {
    if (!cut.isNow(cloud)) return;
    daemon.kill("SIGKILL");
    end();
  });
  await cloud.kill(dead);
  expect(await daemon.ended()).toMatchObject({ signal: "SIGKILL" });
}

describe.concurrent("a crash between any two steps", { timeout: processTimeoutMs }, () => {
  test.each(cases)(
    "$name: the next one settles with one holder, the right one, without a needless call",
    async ({ way: { cloud: options, dead, heir, record, calls }, cut }) => {
      await using cloud = await TestCloud.start(options);
      await killedAt(cut, cloud, dead);
      await using next = new Failoverd(["run", "--config", cloud.configFile]);
      await next.prints(new RegExp(`"msg":"${heir} holds the address and is healthy"`));
      expect(cloud.record).toEqual(record);
      for (const call of calls) expect([call, cloud.accepted(call)]).toEqual([call, 1]);
      expect(cloud.changesAsked).toBe(calls.length + (cut.swallows === undefined ? 0 : 1));
      next.kill("SIGTERM");
      expect(await next.ended()).toMatchObject({ code: 0 });
    },
  );

  test("the holder is back when the next one starts, and nothing was changed yet: nothing is moved", async () => {
    await using cloud = await TestCloud.start();
    await killedAt(arrived(attach), cloud, "web-a");
    await cloud.revive("web-a");
    await using next = new Failoverd(["run", "--config", cloud.configFile]);
    await next.prints(/"msg":"web-a holds the address and is healthy"/);
    expect(cloud.record).toEqual(["web-a"]);
    expect(cloud.changesAsked).toBe(1);
  });
});
