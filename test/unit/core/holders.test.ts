/** Who holds the address, over everything that a reading can say. */
import { describe, expect, test } from "vitest";
import { moveAtMostMs } from "../../../src/core/contract.ts";
import { eligibleMembers, limitationOf } from "../../../src/core/eligible.ts";
import { isHolderless, presentHolders } from "../../../src/core/holders.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, flips, now, routes, type Changes } from "./facts-text.ts";
import { move } from "./plan-table.ts";

const readings: readonly (readonly [string, NonNullable<Changes["reading"]> | null])[] = [
  ["was never asked", null],
  ["could not be asked", { kind: "unknown", detail: "503" }],
  ["shows nobody", { holders: [] }],
  ["shows a member", { holders: ["a"] }],
  ["shows a stranger", { foreign: ["x"] }],
  ["shows a member and a stranger", { holders: ["a"], foreign: ["x"] }],
];

describe("presentHolders()", () => {
  test("names members only where the truth is known, in order of preference", () => {
    const seen = readings.map(
      ([, reading]) => presentHolders(facts("a:healthy b:healthy", { reading })).length,
    );
    expect(seen).toEqual([0, 0, 0, 1, 0, 1]);
    const both = facts("a:healthy b:healthy", { reading: { holders: ["b", "a", "x"] } });
    expect(presentHolders(both).map((member) => member.name)).toEqual(["a", "b"]);
  });
});

describe("isHolderless()", () => {
  const took = { ...move, tookOff: true };
  test.each(readings)("asks for a move that took the address off, where the provider %s", (name, reading) => {
    const given = (inFlight: typeof move | null): boolean =>
      isHolderless(facts("a:unhealthy b:healthy", { reading, history: { inFlight } }));
    expect(given(took)).toBe(!name.startsWith("shows a"));
    expect(given(move)).toBe(false);
    expect(given(null)).toBe(false);
  });
});

describe("eligibleMembers()", () => {
  test("lists each once, those last that were refused a moment ago", () => {
    const refusal = { detail: "not found", until: now + 1, count: 1 };
    const given = facts("a:healthy b:unhealthy c:healthy d:healthy | b", { member: { a: { refusal } } });
    expect(eligibleMembers(given).map((member) => member.name)).toEqual(["c", "d", "a"]);
  });
});

describe("limitationOf()", () => {
  test("tells the rule by which a member may not receive the address, what is missing, and until when", () => {
    const drained = { by: "ann", reason: "disk", since: 0, until: now + 7 };
    const given = facts("a:healthy b:unhealthy c:healthy d:healthy e:healthy | a", {
      member: { c: { drained }, d: { recoveredAt: now - 29_999 } },
      history: { moves: [{ at: now - 1, from: ["e"] }] },
    });
    expect(given.members.map((member) => limitationOf(member, given))).toEqual([
      null,
      { rule: "no-eligible", text: "b is unhealthy (it refused the connection)", until: null },
      { rule: "no-eligible", text: "c is drained (ann: disk)", until: now + 7 },
      { rule: "warm-up", text: "d was unhealthy until recently and is warming up", until: now + 1 },
      {
        rule: "hold-down",
        text: "e is held down, since the address was moved off it lately",
        until: now + 299_999,
      },
    ]);
  });
});

describe("moveAtMostMs()", () => {
  test.each([
    ["attached and detached", routes],
    ["flipped", flips],
  ])("covers a move that takes all the time it may, where the address is %s", (_, capabilities) => {
    let holders: readonly string[] = ["a"];
    let elapsedMs = capabilities.readDeadlineMs;
    for (let calls = 0; calls < 10; calls++) {
      const given = facts("a:unhealthy b:healthy", { capabilities, reading: { holders } });
      const next = plan(given);
      if (next.kind !== "act") break;
      const { kind, member } = next.step;
      if (kind === "attach") holders = [...holders, member];
      else holders = kind === "flip" ? [member] : holders.filter((name) => name !== member);
      elapsedMs += capabilities.stepDeadlineMs + capabilities.readDeadlineMs;
    }
    expect(holders).toEqual(["b"]);
    expect(moveAtMostMs(capabilities)).toBe(elapsedMs);
  });
});
