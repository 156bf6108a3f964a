/** The planner over its whole small world: three members, every health, every set of holders, every order and policy. */
import { describe, expect, test } from "vitest";
import { stepText, type Step } from "../../../src/core/address.ts";
import type { Move } from "../../../src/core/facts.ts";
import { violation } from "../../../src/core/invariants.ts";
import { plan, type Act } from "../../../src/core/plan.ts";
import { facts, flips, now, routes, type Changes } from "./facts-text.ts";

const names = ["a", "b", "c"] as const;
const healths = ["healthy", "unhealthy", "unknown"] as const;

interface World {
  readonly healthOf: ReadonlyMap<string, string>;
  readonly holders: readonly string[];
  readonly changes: Changes;
}

function* worlds(): Generator<World> {
  const policies = (["attach-first", "detach-first"] as const).flatMap((order) =>
    (["one", "all-healthy"] as const).map((holders) => ({ order, holders })),
  );
  for (let code = 0; code < 27; code++) {
    const healthOf = new Map(names.map((name, i) => [name, healths[Math.floor(code / 3 ** i) % 3]!]));
    for (let mask = 0; mask < 8; mask++) {
      const holders = names.filter((_, i) => (mask & (1 << i)) !== 0);
      for (const policy of policies) yield { healthOf, holders, changes: { policy, capabilities: routes } };
      if (holders.length === 1) yield { healthOf, holders, changes: { capabilities: flips } };
    }
  }
}

function factsOf(world: World, inFlight: Move | null = null): ReturnType<typeof facts> {
  const line = names.map((name) => `${name}:${world.healthOf.get(name)}`).join(" ");
  return facts(`${line} | ${world.holders.join(" ")}`, { ...world.changes, history: { inFlight } });
}

function holdersAfter(holders: readonly string[], step: Step): readonly string[] {
  switch (step.kind) {
    case "attach":
      return names.filter((name) => holders.includes(name) || name === step.member);
    case "detach":
      return holders.filter((name) => name !== step.member);
    case "flip":
      return [step.member];
    default:
      throw new Error(`Cannot apply ${stepText(step)}`);
  }
}

function moveOf(act: Act, world: World): Move {
  const from = world.holders.filter((name) => !act.goal.holders.includes(name));
  return {
    trigger: act.goal.trigger,
    why: act.why,
    from,
    to: act.goal.holders,
    startedAt: now,
    tookOff: true,
  };
}

/** Lets the planner act until it holds. `remembers`: the daemon lives on; else it restarts after every single step. */
function settle(
  start: World,
  remembers: boolean,
): { readonly world: World; readonly steps: readonly Step[] } {
  let world = start;
  let move: Move | null = null;
  const steps: Step[] = [];
  for (;;) {
    const next = plan(factsOf(world, move));
    if (next.kind !== "act") return { world, steps };
    checkStep(next.step, world);
    if (remembers) move ??= moveOf(next, world);
    steps.push(next.step);
    world = { ...world, holders: holdersAfter(world.holders, next.step) };
    expect(steps.length).toBeLessThanOrEqual(4);
  }
}

/** The rules, said once more without the planner's words. */
function checkStep(step: Step, world: World): void {
  const { healthOf, holders, changes } = world;
  const someHealthy = holders.some((name) => healthOf.get(name) === "healthy");
  if (step.kind !== "detach") {
    expect(healthOf.get(step.member)).toBe("healthy");
    return;
  }
  const left = holdersAfter(holders, step);
  if (changes.policy?.order === "attach-first") expect(left).not.toEqual([]);
  if (someHealthy) expect(left.some((name) => healthOf.get(name) === "healthy")).toBe(true);
  if (left.length === 0)
    expect(names.some((n) => !holders.includes(n) && healthOf.get(n) === "healthy")).toBe(true);
}

describe("the planner, over every world of three members,", () => {
  test.each([
    ["that it lives through", true],
    ["when it is killed and started again after every step", false],
  ])("never takes a harmful step and comes to rest, %s", (_, remembers) => {
    let moved = 0;
    for (const world of worlds()) moved += settle(world, remembers).steps.length;
    expect(moved).toBeGreaterThan(500);
  });

  test("ends with exactly one healthy holder where all is known and anybody is healthy", () => {
    for (const world of worlds()) {
      const known = [...world.healthOf.values()];
      if (world.changes.policy?.holders === "all-healthy" || known.includes("unknown")) continue;
      const { holders } = settle(world, true).world;
      if (!known.includes("healthy")) expect(holders).toEqual(world.holders);
      else expect(holders.map((name) => world.healthOf.get(name))).toEqual(["healthy"]);
    }
  });

  test("ends with every healthy member in the pool and no dead one, where anybody is healthy", () => {
    for (const world of worlds()) {
      if (world.changes.policy?.holders !== "all-healthy") continue;
      const healthy = names.filter((name) => world.healthOf.get(name) === "healthy");
      if (healthy.length === 0) continue;
      const unknown = world.holders.filter((name) => world.healthOf.get(name) === "unknown");
      const wanted = names.filter((name) => healthy.includes(name) || unknown.includes(name));
      expect(settle(world, true).world.holders).toEqual(wanted);
    }
  });

  test("never moves an address off a healthy holder", () => {
    for (const world of worlds()) {
      const [only, ...others] = world.holders;
      if (only === undefined || others.length > 0 || world.healthOf.get(only) !== "healthy") continue;
      expect(settle(world, true).world.holders).toContain(only);
    }
  });
});

describe("violation()", () => {
  test.each([
    [
      "refuses to detach the only holder",
      "a:healthy b:healthy | a",
      { kind: "detach", member: "a" },
      "nobody",
    ],
    [
      "refuses to detach the only healthy holder",
      "a:healthy b:unhealthy | a b",
      { kind: "detach", member: "a" },
      "no member that is proven healthy",
    ],
    [
      "refuses to attach an unhealthy member",
      "a:healthy b:unhealthy | a",
      { kind: "attach", member: "b" },
      "unhealthy",
    ],
    [
      "refuses to flip to a member of unknown health",
      "a:healthy b:unknown | a",
      { kind: "flip", member: "b" },
      "unknown",
    ],
    [
      "refuses a stranger",
      "a:healthy b:healthy | a",
      { kind: "attach", member: "x" },
      "no member of the group",
    ],
  ] as const)("%s", (_, line, step, words) => {
    expect(violation(step, facts(line))).toContain(words);
  });

  test("refuses to detach first when nobody is eligible to take over", () => {
    const given = facts("a:unhealthy b:unhealthy | a", { policy: { order: "detach-first" } });
    expect(violation({ kind: "detach", member: "a" }, given)).toContain("nobody is eligible");
  });

  test("lets an address go back only to where our move took it from", () => {
    const inFlight: Move = {
      trigger: "failover",
      why: "",
      from: ["a"],
      to: ["b"],
      startedAt: now,
      tookOff: true,
    };
    const given = facts("a:unhealthy b:unhealthy |", { history: { inFlight } });
    expect(violation({ kind: "attach", member: "a" }, given)).toBeNull();
    expect(violation({ kind: "attach", member: "b" }, given)).toContain("b is unhealthy");
  });
});
