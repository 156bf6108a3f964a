/**
 * A change of a failover group other than a flip: sent once, then looked for in the list, which is all that tells.
 *
 *   request → ok                              look until it shows: applied; deadline: uncertain
 *           → ok: false, refused (4xx)        look: applied, else rejected
 *           → trouble (5xx), not readable     look: applied, else uncertain
 *           → no answer                       look, when it was sent: applied, else uncertain
 */
import type { Effect } from "../../core/address.ts";
import type { Failure, Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import type { Cloud66Client } from "./client.ts";
import type { StackUid } from "./fields.ts";
import { listDeadlineMs } from "./group-list.ts";
import { isReadable, type FailoverGroup, type ListedGroup, type StackRole, type Verdict } from "./wire.ts";

export interface GroupChange {
  /** In one word. Begins every sentence about it. */
  readonly name: string;
  send(budget: Budget): Promise<Result<Verdict>>;
  /** Whether the list shows what is wanted. */
  isSeen(groups: readonly ListedGroup[]): boolean;
}

export interface GroupChangeEnd {
  readonly effect: Effect;
  /** The answer that was no yes, or null. */
  readonly failure: Failure | null;
}

export interface GroupFollowing {
  readonly client: Cloud66Client;
  readonly services: ProviderServices;
  readonly budget: Budget;
  /** Told after each look that does not show it. */
  readonly onPending?: (elapsedMs: number) => void;
}

/** @param known uids that there are already: the new one is none of them. */
export function creation(
  client: Cloud66Client,
  wanted: Parameters<Cloud66Client["create"]>[0],
  known: readonly string[],
): GroupChange {
  return {
    name: "create",
    send: (budget) => client.create(wanted, budget),
    isSeen: (groups) => groups.some(({ uid }) => !known.includes(uid)),
  };
}

/** @param stacks which stack comes to which place; at least one. */
export function stackChange(
  client: Cloud66Client,
  uid: string,
  stacks: Readonly<Partial<Record<StackRole, StackUid>>>,
): GroupChange {
  return {
    name: "update",
    send: (budget) => client.update(uid, stacks, budget),
    isSeen: (groups) => {
      const group = readable(groups, uid);
      return roles.every((role) => stacks[role] === undefined || group?.stacks[role]?.uid === stacks[role]);
    },
  };
}

export function stackRemoval(client: Cloud66Client, uid: string, gone: readonly StackRole[]): GroupChange {
  return {
    name: "remove",
    send: (budget) => client.removeStacks(uid, gone, budget),
    isSeen: (groups) => {
      const group = readable(groups, uid);
      return group !== undefined && gone.every((role) => group.stacks[role] === null);
    },
  };
}

export function deletion(client: Cloud66Client, uid: string): GroupChange {
  return {
    name: "delete",
    send: (budget) => client.delete(uid, budget),
    isSeen: (groups) => groups.every((group) => group.uid !== uid),
  };
}

const roles = ["primary", "secondary"] as const;

function readable(groups: readonly ListedGroup[], uid: string): FailoverGroup | undefined {
  return groups.filter(isReadable).find((candidate) => candidate.uid === uid);
}

/** Milliseconds. */
const pollFirstMs = 500;
const pollLastMs = 3_000;

export async function carryOutGroupChange(
  change: GroupChange,
  following: GroupFollowing,
): Promise<GroupChangeEnd> {
  const sent = await change.send(following.budget);
  if (sent.kind === "ok" && sent.value.ok)
    return { effect: await waitForIt(change, following), failure: null };
  const failure = sent.kind === "failed" ? sent.failure : null;
  const said =
    sent.kind === "failed"
      ? sent.failure.detail
      : `Cloud 66 says no: ${sent.value.message ?? "no reason given"}`;
  const isUnsent = failure !== null && noAnswers.has(failure.cause) && failure.executed === "no";
  if (isUnsent) return { effect: effect(change, "rejected", `nothing was sent: ${said}`), failure };
  if (await isSeen(change, following)) {
    return { effect: effect(change, "applied", `${said}; yet the list shows it`), failure };
  }
  return { effect: effect(change, failure?.executed === "maybe" ? "uncertain" : "rejected", said), failure };
}

const noAnswers: ReadonlySet<string> = new Set(["no-answer", "not-sendable"]);

async function waitForIt(change: GroupChange, following: GroupFollowing): Promise<Effect> {
  const { services, budget, onPending } = following;
  const startedAt = services.now();
  for (let waitMs = pollFirstMs; ; waitMs = Math.min(pollLastMs, waitMs * 1.5)) {
    if (await isSeen(change, following)) return effect(change, "applied", "done");
    onPending?.(services.now() - startedAt);
    // The last look begins early enough to end in time.
    if (services.now() + waitMs + listDeadlineMs >= budget.deadlineAt) {
      return effect(change, "uncertain", "accepted, but the list does not show it yet");
    }
    await services.sleep(waitMs, budget.signal);
    if (budget.signal.aborted) {
      return effect(change, "uncertain", "accepted, and still under way when we stopped waiting");
    }
  }
}

async function isSeen(change: GroupChange, { client, budget }: GroupFollowing): Promise<boolean> {
  const listed = await client.listGroups(budget.signal);
  return listed.kind === "ok" && change.isSeen(listed.value);
}

function effect({ name }: GroupChange, kind: Effect["kind"], what: string): Effect {
  return { kind, detail: `${name}: ${what}` };
}
