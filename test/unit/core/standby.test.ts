import { expect, test } from "vitest";

import { standbyOf } from "../../../src/core/standby.ts";
import type { GroupFacts, MemberFacts } from "../../../src/core/facts.ts";
import { tcpTarget } from "../daemon/results.ts";

const member = (name: string, fields: Partial<MemberFacts> = {}): MemberFacts => ({
  name,
  health: { health: "healthy", since: 0, strikes: null },
  realHealth: "healthy",
  pace: tcpTarget(),
  evidence: { at: 100_000, cause: "ok" },
  recoveredAt: null,
  brownOut: null,
  drained: null,
  forced: null,
  refusal: null,
  ...fields,
});
const health = (word: "unknown" | "healthy" | "unhealthy"): Partial<MemberFacts> => ({
  health: { health: word, since: 0, strikes: null },
});
const drained = { drained: { by: "ann", reason: "disk swap", since: 0, until: null } };
const known = (...holders: readonly string[]): GroupFacts["truth"] => ({
  reading: { kind: "known", holders, foreign: [], busy: null },
  at: 100_000,
  sameSince: 0,
});
const unread: GroupFacts["truth"] = { reading: { kind: "unknown", detail: "503" }, at: 0, sameSince: 0 };

test.each([
  ["another member is healthy", known("a"), [member("a"), member("b")], "eligible"],
  [
    "it has just failed a probe",
    known("a"),
    [member("a"), member("b", { evidence: { at: 100_000, cause: "refused" } })],
    "eligible",
  ],
  ["all of them hold the address", known("a", "b"), [member("a"), member("b")], "eligible"],
  [
    "one of several is healthy",
    known("a"),
    [member("a"), member("b", health("unhealthy")), member("c")],
    "eligible",
  ],
  ["it is unhealthy", known("a"), [member("a"), member("b", health("unhealthy"))], "none"],
  ["it is drained", known("a"), [member("a"), member("b", drained)], "none"],
  ["its health is unknown", known("a"), [member("a"), member("b", health("unknown"))], "unknown"],
  [
    "its evidence is old",
    known("a"),
    [member("a"), member("b", { evidence: { at: 0, cause: "ok" } })],
    "unknown",
  ],
  ["nobody knows the holder", unread, [member("a"), member("b")], "unknown"],
] as const)("standbyOf() when %s", (_, truth, members, kind) => {
  expect(standbyOf({ members, truth, now: 100_000 }).kind).toBe(kind);
});

test("standbyOf() says why for each member", () => {
  const members = [member("a"), member("b", health("unhealthy")), member("c", drained)];
  expect(standbyOf({ members, truth: known("a"), now: 100_000 })).toEqual({
    kind: "none",
    why: "b is unhealthy; c is drained (ann: disk swap)",
  });
});
