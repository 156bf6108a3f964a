/**
 * Facts as a line of text, so that a table of plans reads like the table in the source.
 *
 * `web-a:healthy web-b:unhealthy | web-a` — members in order of preference with their health, then the holders.
 */
import type { Capabilities, Reading } from "../../../src/core/address.ts";
import type { Answer } from "../../../src/core/approval.ts";
import type { GroupFacts, HistoryFacts, MemberFacts, OverallFacts } from "../../../src/core/facts.ts";
import { withForce, type Order } from "../../../src/core/orders.ts";
import type { MoveRequest } from "../../../src/core/switchover.ts";
import type { PathFacts } from "../../../src/core/path.ts";
import type { DrillFacts } from "../../../src/core/drill.ts";
import type { Maintenance } from "../../../src/core/maintenance.ts";
import type { Health } from "../../../src/core/health.ts";
import { plan } from "../../../src/core/plan.ts";
import { stepText } from "../../../src/core/address.ts";
import { trusted, type Trust } from "../../../src/core/trust.ts";
import type { GroupPolicy, OverallPolicy } from "../../../src/core/policy.ts";

export const routes: Capabilities = {
  transfer: "attach-detach",
  severalHolders: true,
  actsOn: { kind: "routes" },
  readDeadlineMs: 15_000,
  stepDeadlineMs: 60_000,
};

export const flips: Capabilities = {
  ...routes,
  transfer: "flip",
  severalHolders: false,
  actsOn: { kind: "dns", ttlMs: 300_000 },
};

export const defaultPolicy: GroupPolicy = {
  mode: "auto",
  order: "attach-first",
  holders: "one",
  failbackAfterMs: null,
  holdDownMs: 300_000,
  verify: null,
  warmUpMs: 30_000,
  limit: { moves: 3, windowMs: 86_400_000 },
};

export const defaultOverall: OverallPolicy = {
  limit: { moves: 20, windowMs: 3_600_000 },
  share: { ofGroups: 0.5, windowMs: 300_000 },
};

const quietHistory: HistoryFacts = { moves: [], inFlight: null, changedByHand: null, notBefore: 0 };

/** One day after the start, with everything seen a moment ago. */
export const now = 86_400_000;

export interface Changes {
  readonly healthcheck?: GroupFacts["healthcheck"];
  readonly policy?: Partial<GroupPolicy>;
  readonly history?: Partial<HistoryFacts>;
  readonly capabilities?: Capabilities;
  readonly reading?:
    | Partial<Extract<Reading, { kind: "known" }>>
    | Extract<Reading, { kind: "unknown" }>
    | null;
  readonly trust?: Trust;
  readonly startedAt?: number;
  readonly truthAt?: number;
  readonly sameSince?: number;
  readonly overall?: Partial<OverallFacts>;
  readonly path?: PathFacts;
  readonly pause?: Order;
  readonly maintenance?: Maintenance;
  readonly drill?: DrillFacts;
  readonly answer?: Answer;
  readonly request?: MoveRequest;
  readonly member?: Readonly<Record<string, Partial<MemberFacts>>>;
}

export function facts(line: string, changes: Changes = {}): GroupFacts {
  const [memberText = "", holderText = ""] = line.split("|");
  const members = words(memberText).map((word) => member(word, changes));
  const known: Reading = { kind: "known", holders: words(holderText), foreign: [], busy: null };
  const { reading } = changes;
  return {
    name: "g",
    now,
    startedAt: changes.startedAt ?? 0,
    policy: { ...defaultPolicy, ...changes.policy },
    capabilities: changes.capabilities ?? routes,
    trust: changes.trust ?? trusted,
    members,
    healthcheck: changes.healthcheck ?? null,
    truth: {
      reading: reading === null ? null : reading?.kind === "unknown" ? reading : { ...known, ...reading },
      at: changes.truthAt ?? now - 100,
      sameSince: changes.sameSince ?? 0,
    },
    history: { ...quietHistory, ...changes.history },
    overall: { policy: defaultOverall, groups: 1, moves: [], drilling: null, ...changes.overall },
    path: changes.path ?? null,
    pause: changes.pause ?? null,
    maintenance: changes.maintenance ?? null,
    drill: changes.drill ?? null,
    answer: changes.answer ?? null,
    request: changes.request ?? null,
  };
}

/** @returns `attach web-b (failover)`, `ask (truth-stale)`, `hold (steady)` or `hold (hold-down) attach web-b`. */
export function planText(given: GroupFacts): string {
  const next = plan(given);
  if (next.kind === "act") return `${stepText(next.step)} (${next.rule})`;
  const blocked = next.kind === "hold" && next.blocked !== null ? ` ${stepText(next.blocked)}` : "";
  return `${next.kind} (${next.rule})${blocked}`;
}

function member(word: string, changes: Changes): MemberFacts {
  const [name = "", health = ""] = word.split(":");
  const probed: MemberFacts = {
    name,
    realHealth: health as Health,
    recoveredAt: null,
    brownOut: null,
    drained: null,
    forced: null,
    health: { health: health as Health, since: 1_000, strikes: null },
    pace: { intervalMs: 10_000, timeoutMs: 2_000, fastIntervalMs: null, strikesOk: 2, strikesFail: 3 },
    evidence:
      health === "unknown" ? null : { at: now - 1_000, cause: health === "healthy" ? "ok" : "refused" },
    refusal: null,
    ...changes.member?.[name],
  };
  return withForce(probed, now);
}

function words(text: string): readonly string[] {
  return text.split(" ").filter((word) => word !== "");
}
