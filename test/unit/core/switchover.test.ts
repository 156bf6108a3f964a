/** A move that a person asks for. */
import { describe, expect, test } from "vitest";
import { plan } from "../../../src/core/plan.ts";
import { stepText } from "../../../src/core/address.ts";
import { switchoverChoice, type SwitchoverChoice } from "../../../src/core/switchover.ts";
import type { Order } from "../../../src/core/orders.ts";
import { facts, now, planText } from "./facts-text.ts";
import { move, struck, table } from "./plan-table.ts";

const toB = { request: { member: "b", by: "ann", reason: "upgrade of a" } } as const;
const pause: Order = { by: "bob", reason: "maintenance", since: 0, until: now + 60_000 };
const switching = { ...move, trigger: "switchover" } as const;
const bothWell = "a:healthy b:healthy | a";

describe("a switchover", () => {
  table([
    ["moves the address off a healthy holder", bothWell, toB, "attach b (switchover)"],
    [
      "takes it off the old one once the new one has it",
      "a:healthy b:healthy | a b",
      { ...toB, history: { inFlight: switching } },
      "detach a (switchover)",
    ],
    ["is over when the member alone holds the address", "a:healthy b:healthy | b", toB, "hold (steady)"],
    ["never goes to an unhealthy member", "a:healthy b:unhealthy | a", toB, "hold (steady)"],
    [
      "never goes to a member with a strike",
      bothWell,
      { ...toB, member: { b: { health: struck } } },
      "hold (steady)",
    ],
    [
      "never goes to a drained member",
      bothWell,
      { ...toB, member: { b: { drained: pause } } },
      "hold (steady)",
    ],
    ["does not wait for a pause", bothWell, { ...toB, pause }, "attach b (switchover)"],
    [
      "does not wait for a hold-down",
      bothWell,
      { ...toB, history: { moves: [{ at: now - 1, from: ["b"] }] } },
      "attach b (switchover)",
    ],
    [
      "does not wait for a limit",
      bothWell,
      {
        ...toB,
        policy: { limit: { moves: 1, windowMs: 9_999 } },
        history: { moves: [{ at: now - 1, from: ["c"] }] },
      },
      "attach b (switchover)",
    ],
    [
      "does not wait for a warm-up",
      bothWell,
      { ...toB, member: { b: { recoveredAt: now - 1 } } },
      "attach b (switchover)",
    ],
    [
      "does not wait for approval",
      bothWell,
      { ...toB, policy: { mode: "approve" } },
      "attach b (switchover)",
    ],
    [
      "does not wait while a change by hand is left alone",
      bothWell,
      { ...toB, history: { changedByHand: { at: now - 1, added: ["a"] } } },
      "attach b (switchover)",
    ],
    [
      "does not wait until it is confirmed that nobody has the address",
      "a:healthy b:healthy |",
      { ...toB, sameSince: now },
      "attach b (switchover)",
    ],
    [
      "waits when the last step was not applied",
      bothWell,
      { ...toB, history: { notBefore: now + 1 } },
      "hold (backoff) attach b",
    ],
    [
      "waits for the end of another move",
      "a:unhealthy b:healthy c:healthy | a b",
      { request: { ...toB.request, member: "c" }, history: { inFlight: move } },
      "detach a (finish-move)",
    ],
    [
      "is not made while the truth is unknown",
      bothWell,
      { ...toB, reading: { kind: "unknown", detail: "503" } },
      "hold (truth-unknown)",
    ],
    ["is not made on an old reading", bothWell, { ...toB, truthAt: now - 6_000 }, "ask (truth-stale)"],
    [
      "takes the address off first where the group says so",
      bothWell,
      { ...toB, policy: { order: "detach-first" } },
      "detach a (switchover)",
    ],
    [
      "goes back to where it was when the member is refused again and again",
      "a:healthy b:healthy |",
      {
        ...toB,
        policy: { order: "detach-first" },
        history: { inFlight: { ...switching, tookOff: true } },
        member: { b: { refusal: { detail: "409", until: now + 1, count: 3 } } },
      },
      "attach a (finish-move)",
    ],
    [
      "does not change a pool",
      "a:healthy b:healthy | a",
      { ...toB, policy: { holders: "all-healthy" } },
      "attach b (pool)",
    ],
  ]);

  test("says who asked, and why", () => {
    expect(plan(facts(bothWell, toB))).toMatchObject({
      why: "ann asked for b: upgrade of a",
      goal: { kind: "goal", holders: ["b"], trigger: "switchover" },
    });
  });

  test("is no reason any more once it is reached", () => {
    expect(plan(facts("a:healthy b:healthy | b", toB)).why).toBe("b holds the address and is healthy");
  });

  test("takes the address off the others when the member is the first of several that have it", () => {
    const request = { ...toB.request, member: "a" };
    const history = { inFlight: { ...switching, from: ["b"], to: ["a"] } };
    expect(planText(facts("a:healthy b:healthy | a b", { request, history }))).toBe("detach b (switchover)");
  });

  test("that names nobody of the group is no request", () => {
    expect(planText(facts(bothWell, { request: { ...toB.request, member: "x" } }))).toBe("hold (steady)");
  });
});

/** With its steps in words. */
function inWords(choice: SwitchoverChoice): unknown {
  return choice.kind === "refused" ? choice : { ...choice, steps: choice.steps.map(stepText) };
}

describe("switchoverChoice()", () => {
  test.each([
    [
      "takes the member that is asked for",
      bothWell,
      "b",
      {},
      { kind: "to", member: "b", from: ["a"], steps: ["attach b", "detach a"], overrides: null },
    ],
    [
      "takes the most preferred eligible member",
      "a:unhealthy b:healthy c:healthy | c",
      null,
      {},
      { kind: "to", member: "b", from: ["c"], steps: ["attach b", "detach c"], overrides: null },
    ],
    [
      "takes one that is held down",
      bothWell,
      null,
      { history: { moves: [{ at: now - 1, from: ["b"] }] } },
      { kind: "to", member: "b", from: ["a"], steps: ["attach b", "detach a"], overrides: null },
    ],
    [
      "refuses the present holder",
      bothWell,
      "a",
      {},
      { kind: "refused", rule: "nothing", text: "a holds the address already" },
    ],
    [
      "refuses an unhealthy member, and says why",
      "a:healthy b:unhealthy | a",
      "b",
      {},
      {
        kind: "refused",
        rule: "ineligible",
        text: "No member may receive the address: b is unhealthy (it refused the connection)",
      },
    ],
    [
      "refuses when nobody is eligible",
      "a:healthy b:unhealthy c:unknown | a",
      null,
      {},
      {
        kind: "refused",
        rule: "ineligible",
        text: "No member may receive the address: b is unhealthy (it refused the connection); the health of c is unknown",
      },
    ],
    [
      "refuses while a move is under way",
      bothWell,
      "b",
      { history: { inFlight: move } },
      { kind: "refused", rule: "nothing", text: "A move to b is under way: a is unhealthy" },
    ],
    [
      "names all to whom the move under way goes",
      "a:healthy b:healthy c:healthy | a",
      "b",
      { history: { inFlight: { ...move, to: ["b", "c"] } } },
      { kind: "refused", rule: "nothing", text: "A move to b, c is under way: a is unhealthy" },
    ],
    [
      "chooses the first of several holders",
      "a:healthy b:healthy | a b",
      "a",
      {},
      { kind: "to", member: "a", from: ["a", "b"], steps: ["detach b"], overrides: null },
    ],
    [
      "chooses one of several holders",
      "a:healthy b:healthy | a b",
      "b",
      {},
      { kind: "to", member: "b", from: ["a", "b"], steps: ["detach a"], overrides: null },
    ],
  ] as const)("%s", (_, line, wanted, changes, choice) => {
    expect(inWords(switchoverChoice(facts(line, changes), wanted))).toEqual(choice);
  });

  const drained = { by: "bob", reason: "disk", since: 0, until: null };
  const withB = (line: string, change: object): ReturnType<typeof facts> => {
    const all = facts(line, {});
    return {
      ...all,
      members: all.members.map((each) => (each.name === "b" ? Object.assign({}, each, change) : each)),
    };
  };

  test.each([
    ["is told of nothing when it is proven", bothWell, null],
    [
      "goes to an unhealthy member",
      "a:healthy b:unhealthy | a",
      "b is unhealthy (it refused the connection)",
    ],
    ["goes to a member of unknown health", "a:healthy b:unknown | a", "the health of b is unknown"],
  ])("by force %s", (_, line, overrides) => {
    const steps = ["attach b", "detach a"];
    const to = { kind: "to", member: "b", from: ["a"], steps, overrides };
    expect(inWords(switchoverChoice(facts(line, {}), "b", true))).toEqual(to);
  });

  test.each([
    [bothWell, false, "b is drained (bob: disk); failoverd undrain g b takes that back"],
    [bothWell, true, "b is drained (bob: disk); failoverd undrain g b takes that back"],
    ["a:healthy b:unknown | a", true, "b is drained (bob: disk); failoverd undrain g b takes that back"],
    ["a:healthy b:unknown | a", false, "the health of b is unknown"],
  ])("never goes to a drained member: %s, by force %s", (line, force, text) => {
    expect(switchoverChoice(withB(line, { drained }), "b", force)).toEqual({
      kind: "refused",
      rule: "ineligible",
      text: `No member may receive the address: ${text}`,
    });
  });
});
