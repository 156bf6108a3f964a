/** Every place at which the process can be killed in the middle of a move, one after the other. */
import { describe, expect, it } from "vitest";
import { memberOf, play, type Kill, type Scenario } from "./kill-points.ts";
import { flips } from "./setup.ts";
import type { SimGroup } from "./world.ts";

const minute = 60_000;
/** Touches of the second process at which it is killed, one after the other; it has few more before it is done. */
const secondsTried = 16;

const aDies = (group: SimGroup): void => memberOf(group, "a").become("dead");
const aComesBack = (group: SimGroup): void => memberOf(group, "a").become("up");

const pair = { members: ["a", "b"], holders: ["a"], happen: aDies, wanted: ["b"], withinMs: 4 * minute };
const back = {
  members: ["a", "b"],
  holders: ["b"],
  dead: ["a"],
  happen: aComesBack,
  wanted: ["a"],
  withinMs: 15 * minute,
};

const scenarios: readonly Scenario[] = [
  { ...pair, name: "failover, attach-first" },
  { ...pair, name: "failover, detach-first", policy: "order: detach-first" },
  { ...pair, name: "failover by a flip", capabilities: flips },
  {
    ...pair,
    name: "failover, detach-first, by a stored healthcheck",
    policy: "order: detach-first",
    isStored: true,
  },
  { ...pair, name: "failover to the third", members: ["a", "c", "b"], dead: ["c"] },
  { ...back, name: "failback, attach-first", policy: "failback: { after: 5m }" },
  { ...back, name: "failback, detach-first", policy: "failback: { after: 5m }, order: detach-first" },
  { ...back, name: "failback by a flip", policy: "failback: { after: 5m }", capabilities: flips },
  {
    name: "pool that a member leaves",
    policy: "holders: all-healthy",
    members: ["a", "b", "c"],
    holders: ["a", "b", "c"],
    happen: aDies,
    wanted: ["b", "c"],
    withinMs: 4 * minute,
  },
  {
    name: "pool that a member leaves while another joins",
    policy: "holders: all-healthy",
    members: ["a", "b", "c"],
    holders: ["a", "b"],
    dead: ["c"],
    happen: (group) => {
      aDies(group);
      memberOf(group, "c").become("up");
    },
    wanted: ["b", "c"],
    withinMs: 4 * minute,
  },
];

/** Nothing happens but that its time comes, a minute later. Without the journal nobody knows where the address was. */
const drill = {
  members: ["a", "b"],
  holders: ["a"],
  calendar: 'drills: [{ group: g1, cron: "4 */2 * * *", hold: 2m, window: 5m, timezone: UTC }]\n',
  happen: () => undefined,
  wanted: ["a"],
  orWithoutJournal: ["b"],
  withinMs: 8 * minute,
};

const drills: readonly Scenario[] = [
  { ...drill, name: "drill, attach-first" },
  { ...drill, name: "drill, detach-first", policy: "order: detach-first" },
  { ...drill, name: "drill by a flip", capabilities: flips },
];

/**
 * Without the journal, a step of ours that the provider does after the restart looks like the hand of a person, who is left
 * alone for the hold-down.
 */
const withoutJournalMs = 5 * minute;

async function troubleWith(scenario: Scenario, kill: Kill): Promise<string | null> {
  const { touches, holders, violations, settledMs, history } = await play(scenario, kill);
  const boundMs = scenario.withinMs + (kill.journal === "kept" ? 0 : withoutJournalMs);
  const alternative = kill.journal === "deleted" ? scenario.orWithoutJournal : undefined;
  const isWanted = [scenario.wanted, alternative].some((names) => names?.join() === holders.join());
  const trouble = [
    ...violations,
    ...(isWanted ? [] : [`held by ${holders.join()}`]),
    ...(settledMs <= boundMs ? [] : [`settled after ${settledMs} ms`]),
  ];
  if (trouble.length === 0) return null;
  const places = kill.touches.map((touch) => `${touch}, ${touches[touch - 1]}`).join(", then ");
  return `killed at touch ${places}: ${trouble.join("; ")}\n${history.slice(-40).join("\n")}`;
}

async function troubles(scenario: Scenario, kills: readonly Kill[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const kill of kills) {
    const trouble = await troubleWith(scenario, kill);
    if (trouble !== null) found.push(trouble);
  }
  return found;
}

describe.each([...scenarios, ...drills])("a $name", (scenario) => {
  it("comes to its end when nobody is killed", async () => {
    const { touches, holders, violations } = await play(scenario, null);
    expect({ holders, violations }).toEqual({ holders: scenario.wanted, violations: [] });
    expect(touches.length).toBeGreaterThan(15);
  });

  it.each(["kept", "deleted"] as const)(
    "comes to the same end when the process is killed at any touch of the world, with its journal %s",
    async (journal) => {
      const { touches } = await play(scenario, null);
      const kills = touches.map((_, i) => ({ touches: [i + 1], journal }));
      expect(await troubles(scenario, kills)).toEqual([]);
    },
  );
});

it.each(scenarios.slice(0, 3))(
  "a $name comes to the same end when the process after it is killed as well, soon after the restart",
  async (scenario) => {
    const { touches } = await play(scenario, null);
    const kills = touches.flatMap((_, i) =>
      Array.from({ length: secondsTried }, (_, j) => ({
        touches: [i + 1, i + 2 + j],
        journal: "kept" as const,
      })),
    );
    expect(await troubles(scenario, kills)).toEqual([]);
  },
);
