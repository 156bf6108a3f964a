/** A drill, as the planner makes it: on its way out, away, and back. */
import { describe, expect, test } from "vitest";
import { againstDrill, drillPatienceMs, endOfDrill, type DrillUnderWay } from "../../../src/core/drill.ts";
import type { GroupFacts } from "../../../src/core/facts.ts";
import type { Maintenance } from "../../../src/core/maintenance.ts";
import type { Order } from "../../../src/core/orders.ts";
import type { PathFacts } from "../../../src/core/path.ts";
import { plan } from "../../../src/core/plan.ts";
import { facts, flips, now, type Changes } from "./facts-text.ts";
import { move, old, struck, table } from "./plan-table.ts";

const minute = 60_000;
const hour = 60 * minute;
const order: Order = { by: "ann", reason: "kernel upgrade", since: now - 1_000, until: now + minute };
const text = "0 3 * * SUN, Europe/Zurich, for 1h";
const holding: Maintenance = { mode: "hold", text, until: now + 30 * minute };
const approving: Maintenance = { ...holding, mode: "approve" };
const request = { member: "b", by: "ann", reason: "upgrade of a" };
const deadHolder = "a:unhealthy b:healthy | a";
const well = "a:healthy b:healthy | a";

const due = { drill: { phase: "due" } } as const;
const sure: PathFacts = { health: "healthy", since: 0, failingSince: null, detail: null, pending: null };
const verify = { policy: { verify: { withinMs: 30_000, otherwise: "hold" } } } as const;
const out: DrillUnderWay = {
  phase: "out",
  home: "a",
  away: "b",
  startedAt: now - 5 * minute,
  until: now + 5 * minute,
};
const away: DrillUnderWay = { ...out, phase: "away" };
const over: DrillUnderWay = { ...away, until: now };
const drillMove = { ...move, trigger: "drill", why: "the drill" } as const;
const unanswered: PathFacts = { ...sure, health: "unhealthy", failingSince: now - minute };
const verifying = {
  ...sure,
  health: "unknown",
  pending: { member: "b", until: now + 1, tried: [] },
} as const;

describe("a drill that is due", () => {
  table([
    ["goes to the other member", well, due, "attach b (drill)"],
    ["goes to the most preferred other one", "c:healthy a:healthy b:healthy | a", due, "attach c (drill)"],
    ["passes over one that is not fit", "a:healthy b:unhealthy c:healthy | a", due, "attach c (drill)"],
    ["is a flip where one call moves", well, { ...due, capabilities: flips }, "flip to b (drill)"],
    [
      "takes the address off first where the group says so",
      well,
      { ...due, policy: { order: "detach-first" } },
      "detach a (drill)",
    ],
    ["asks who holds the address right before", well, { ...due, truthAt: now - 6_000 }, "ask (truth-stale)"],
    ["gives way to a failover", deadHolder, due, "attach b (failover)"],
    [
      "gives way to a failback",
      "a:healthy b:healthy | b",
      { ...due, policy: { failbackAfterMs: minute } },
      "attach a (failback)",
    ],
    [
      "gives way to a person's switchover",
      "a:healthy b:healthy c:healthy | a",
      { ...due, request: { ...request, member: "c" } },
      "attach c (switchover)",
    ],
    [
      "is made where the way is known to be fine",
      well,
      { ...due, ...verify, path: sure },
      "attach b (drill)",
    ],
  ]);

  const nothing: readonly (readonly [string, string, Changes, string])[] = [
    ["in mode approve", well, { policy: { mode: "approve" } }, "the group is in mode approve"],
    ["in mode shadow", well, { policy: { mode: "shadow" } }, "the group is in mode shadow"],
    ["while it is paused", well, { pause: order }, "paused by ann: kernel upgrade"],
    ["in a maintenance window", well, { maintenance: holding }, `in the maintenance window (${text})`],
    ["in one of mode approve", well, { maintenance: approving }, `in the maintenance window (${text})`],
    [
      "while another drill is under way",
      well,
      { overall: { drilling: "shop" } },
      "the drill of shop is under way",
    ],
    [
      "with a holder that failed its last probe",
      well,
      { member: { a: { health: struck, evidence: { at: now, cause: "refused" } } } },
      "a is healthy but failed",
    ],
    [
      "without a healthy other member",
      "a:healthy b:unhealthy | a",
      {},
      "no other member is fit for it: b is unhealthy",
    ],
    [
      "with an other member of old evidence",
      well,
      { member: { b: { evidence: old } } },
      "the last conclusive probe of b is too old",
    ],
    ["to a drained member", well, { member: { b: { drained: order } } }, "b is drained"],
    [
      "off a drained member, which could not get it back",
      well,
      { member: { a: { drained: order } } },
      "a is drained",
    ],
    [
      "with a forced health",
      well,
      { member: { b: { forced: { ...order, health: "healthy" } } } },
      "the health of b is forced by ann",
    ],
    [
      "to a browned out member",
      well,
      { member: { b: { brownOut: { since: 0, fails: 7, of: 20, mayMove: false } } } },
      "b is browned out",
    ],
    [
      "to one that warms up",
      well,
      { member: { b: { recoveredAt: now - 1_000 } } },
      "b was unhealthy until recently",
    ],
    [
      "to one that was refused a moment ago",
      well,
      { member: { b: { refusal: { detail: "", until: now + 1, count: 1 } } } },
      "the provider refused b",
    ],
    [
      "within an hour after a move",
      well,
      { history: { moves: [{ at: now - hour + 1, from: ["c"] }] } },
      "the address was moved lately",
    ],
    [
      "in a hold-down that is longer than an hour",
      well,
      { history: { moves: [{ at: now - 2 * hour, from: ["c"] }] }, policy: { holdDownMs: 3 * hour } },
      "the address was moved lately",
    ],
    [
      "within an hour after a person's move",
      well,
      { history: { changedByHand: { at: now - hour + 1, added: ["a"] } } },
      "somebody else moved",
    ],
    [
      "where the way was not judged yet",
      well,
      { ...verify, path: { ...sure, health: "unknown" } },
      "it is not sure that there is an answer",
    ],
    [
      "where the last probe of the way failed",
      well,
      { ...verify, path: { ...sure, failingSince: now - 1 } },
      "it is not sure that there is an answer",
    ],
  ];

  test.each(nothing)("does not begin %s, which is steady all the same", (_, line, changes, against) => {
    const given = facts(line, { ...due, ...changes });
    expect(plan(given)).toMatchObject({ kind: "hold", rule: "steady", blocked: null });
    expect(againstDrill(given)).toContain(against);
  });

  test("does not begin while we do not believe ourselves", () => {
    const distrust = { cause: "clock", detail: "by 1 h", since: 0, until: now + 1, forgets: "all" } as const;
    const given = facts(well, { ...due, trust: { distrust } });
    expect(plan(given)).toMatchObject({ rule: "self-distrust" });
    expect(againstDrill(given)).toBe("we do not believe what we see");
  });

  test("has nothing against it an hour after the last move", () => {
    expect(
      againstDrill(facts(well, { ...due, history: { moves: [{ at: now - hour, from: ["c"] }] } })),
    ).toBeNull();
  });

  test("has both of several holders against it", () => {
    expect(againstDrill(facts("a:healthy b:healthy | a b", due))).toBe(
      "not exactly one member holds the address",
    );
  });
});

describe("a drill under way", () => {
  table([
    ["is not begun again when its move has come to nothing", well, { drill: out }, "hold (steady)"],
    ["goes on with its step", well, { drill: out, history: { inFlight: drillMove } }, "attach b (drill)"],
    [
      "lets the one go that had it",
      "a:healthy b:healthy | a b",
      { drill: out, history: { inFlight: drillMove } },
      "detach a (finish-move)",
    ],
    [
      "stays at home when the other one fails a probe",
      well,
      { drill: out, history: { inFlight: drillMove }, member: { b: { health: struck } } },
      "hold (steady)",
    ],
    [
      "ends at home when the other one dies with it",
      "a:healthy b:unhealthy | a b",
      { drill: out, history: { inFlight: drillMove } },
      "detach b (double-attach)",
    ],
    [
      "stops before its next step when it is paused",
      "a:healthy b:healthy | a b",
      { drill: out, history: { inFlight: drillMove }, pause: order },
      "hold (paused) detach a",
    ],
    ["stays away for its time", "a:healthy b:healthy | b", { drill: away }, "hold (drilling)"],
    [
      "stays away for its time also with a failback",
      "a:healthy b:healthy | b",
      { drill: away, policy: { failbackAfterMs: minute } },
      "hold (drilling)",
    ],
    [
      "waits for the answer through the address first",
      "a:healthy b:healthy | b",
      { drill: over, ...verify, path: verifying },
      "hold (verifying)",
    ],
    ["goes back when its time is over", "a:healthy b:healthy | b", { drill: over }, "attach a (drill)"],
    [
      "goes back as long as it is waited for",
      "a:healthy b:healthy | b",
      { drill: { ...over, until: now - drillPatienceMs + 1 } },
      "attach a (drill)",
    ],
    [
      "does not go back once it is given up",
      "a:healthy b:healthy | b",
      { drill: { ...over, until: now - drillPatienceMs } },
      "hold (steady)",
    ],
    [
      "goes back at once without an answer",
      "a:healthy b:healthy | b",
      { drill: away, ...verify, path: { ...unanswered, pending: { ...verifying.pending, until: now } } },
      "attach a (drill)",
    ],
    [
      "goes back at once when the answers cease",
      "a:healthy b:healthy | b",
      { drill: away, ...verify, path: unanswered },
      "attach a (drill)",
    ],
    [
      "stays away when the answers have just come back",
      "a:healthy b:healthy | b",
      { drill: away, ...verify, path: { ...unanswered, failingSince: null } },
      "hold (drilling)",
    ],
    [
      "stays away, and tells it, when nothing through the address counted in time",
      "a:healthy b:healthy | b",
      { drill: away, ...verify, path: { ...verifying, pending: { ...verifying.pending, until: now } } },
      "hold (unverified)",
    ],
    [
      "does not wait for the next member instead",
      "a:healthy b:healthy c:healthy | b",
      {
        drill: away,
        policy: { verify: { withinMs: 1, otherwise: "next-member" } },
        path: { ...unanswered, pending: { ...verifying.pending, until: now } },
      },
      "attach a (drill)",
    ],
    [
      "goes back also off a drained or struck one",
      "a:healthy b:healthy | b",
      { drill: over, member: { b: { drained: order, health: struck } } },
      "attach a (drill)",
    ],
    [
      "gives way at once to a real failover",
      "a:healthy b:unhealthy | b",
      { drill: away },
      "attach a (failover)",
    ],
    [
      "does not go back while it is paused",
      "a:healthy b:healthy | b",
      { drill: over, pause: order },
      "hold (steady)",
    ],
    [
      "does not go back in a maintenance window",
      "a:healthy b:healthy | b",
      { drill: over, maintenance: holding },
      "hold (steady)",
    ],
    ["does not go back to a sick home", "a:unhealthy b:healthy | b", { drill: over }, "hold (steady)"],
    [
      "does not go back to a drained home",
      "a:healthy b:healthy | b",
      { drill: over, member: { a: { drained: order } } },
      "hold (steady)",
    ],
    [
      "leaves a place alone that it does not know",
      "a:healthy b:healthy c:healthy | c",
      { drill: over },
      "hold (steady)",
    ],
  ]);

  const end = (drill: DrillUnderWay, line: string, changes: Changes = {}): string | null => {
    const given: GroupFacts = facts(line, { drill, ...changes });
    return endOfDrill(drill, given);
  };

  test.each<readonly [string, DrillUnderWay, string, Changes, string | null]>([
    ["goes on while its move is under way", out, well, { history: { inFlight: drillMove } }, null],
    ["ends when its move out has come to nothing", out, well, {}, "the move to b did not come to its end"],
    ["has arrived", out, "a:healthy b:healthy | b", {}, null],
    ["goes on while it is away", away, "a:healthy b:healthy | b", {}, null],
    [
      "ends with another move",
      away,
      "a:healthy b:unhealthy | b",
      { history: { inFlight: move } },
      "a failover has begun: a is unhealthy",
    ],
    [
      "ends when a person moves the address",
      away,
      "a:healthy b:healthy | b",
      { history: { changedByHand: { at: now, added: ["b"] } } },
      "somebody else has moved the address",
    ],
    [
      "does not mind what a person did before it",
      away,
      "a:healthy b:healthy | b",
      { history: { changedByHand: { at: out.startedAt - 1, added: ["a"] } } },
      null,
    ],
    [
      "ends when others hold the address",
      away,
      "a:healthy b:healthy c:healthy | c",
      {},
      "the address is held by c",
    ],
    [
      "ends when a stranger does",
      away,
      well,
      { reading: { holders: [], foreign: ["i-7"] } },
      "the address is held by i-7",
    ],
    ["does not end because nobody knows", away, well, { reading: { kind: "unknown", detail: "503" } }, null],
    ["does not end while the provider is at work", away, well, { reading: { busy: "attaching" } }, null],
    [
      "waits for a while to go back",
      { ...over, until: now - drillPatienceMs + 1 },
      "a:healthy b:healthy | b",
      { pause: order },
      null,
    ],
    [
      "does not wait for ever",
      { ...over, until: now - drillPatienceMs },
      "a:healthy b:healthy | b",
      { pause: order },
      "b keeps the address: paused by ann: kernel upgrade",
    ],
  ])("%s", (_, drill, line, changes, wanted) => {
    expect(end(drill, line, changes)).toBe(wanted);
  });
});
