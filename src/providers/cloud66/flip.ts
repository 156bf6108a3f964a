/**
 * One flip, from the look before it to the moment when Cloud 66 shows the wanted stack and is no longer busy. There is no
 * operation to ask for: the list is all that tells.
 *
 *   look → busy, readonly, no such stack, not readable    rejected, nothing is sent
 *        → already so                                     applied, nothing is sent: each switch transfers certificates
 *   PUT  → ok                                             look until wanted and not busy: applied; deadline: uncertain
 *        → ok: false, refused (4xx)                       look: applied, else rejected
 *        → trouble (5xx), answer not readable             look: applied, else uncertain
 *        → no answer                                      uncertain when it was sent, else rejected
 */
import type { Effect } from "../../core/address.ts";
import type { Failure, Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import type { Cloud66Client } from "./client.ts";
import { listDeadlineMs } from "./group-list.ts";
import {
  inFormOf,
  isReadable,
  noRoleText,
  roleOf,
  unreadableText,
  type ListedGroup,
  type StackRole,
  type Verdict,
} from "./wire.ts";

export interface FlipOrder {
  /** Of the failover group. */
  readonly uid: string;
  readonly role: StackRole;
}

export interface FlipEnd {
  readonly effect: Effect;
  /** `accepted`: Cloud 66 said yes and is not at its end. `sent`: not even that is known. Null: at its end. */
  readonly unresolved: "accepted" | "sent" | null;
  /** The answer that was no yes, or null. */
  readonly failure: Failure | null;
}

export interface FlipBudget extends Budget {
  /** Told before each look at a flip that was accepted. */
  readonly onPending?: (elapsedMs: number) => void;
}

/** Milliseconds. */
const pollFirstMs = 1_000;
const pollLastMs = 3_000;

export async function flipTo(
  client: Cloud66Client,
  order: FlipOrder,
  services: ProviderServices,
  budget: FlipBudget,
): Promise<FlipEnd> {
  const listed = await client.listGroups(budget.signal, "move");
  if (listed.kind === "failed")
    return rejected(`nothing was sent, the group cannot be read: ${listed.failure.detail}`, listed.failure);
  const group = listed.value.find(({ uid }) => uid === order.uid);
  const before = judgeFlip(group, order);
  if (before.kind !== "go") return { effect: before, unresolved: null, failure: null };

  const put = await client.update(order.uid, { current: before.current }, budget);
  if (put.kind === "failed" && put.failure.cause === "no-answer") {
    if (put.failure.executed === "no")
      return rejected(`nothing was sent: ${put.failure.detail}`, put.failure);
    return { effect: effect("uncertain", put.failure.detail), unresolved: "sent", failure: put.failure };
  }
  if (put.kind === "ok" && put.value.ok) return waitForIt(client, order, services, budget);
  return afterRefusal(put, await lookAt(client, order, budget.signal));
}

/** @returns the effect when nothing needs to be or must be sent, else what to send. */
export function judgeFlip(
  group: ListedGroup | undefined,
  { uid, role }: FlipOrder,
): Effect | { readonly kind: "go"; readonly current: number | string } {
  if (group === undefined) return effect("rejected", `the account has no failover group ${uid}`);
  if (!isReadable(group)) return effect("rejected", `nothing was sent: ${unreadableText(group)}`);
  if (group.busy) return effect("rejected", "Cloud 66 is busy toggling this group");
  const { current } = group;
  const now = roleOf(current);
  if (current === null || now === null) {
    return effect("rejected", `current_stack is ${noRoleText(current)}`);
  }
  if (now === role) return effect("applied", `already so, current_stack is ${JSON.stringify(current)}`);
  if (group.readonly) return effect("rejected", "the token may not change this group (readonly)");
  if (group.stacks[role] === null) return effect("rejected", `the group has no ${role} stack`);
  return { kind: "go", current: inFormOf(current, role) };
}

async function waitForIt(
  client: Cloud66Client,
  order: FlipOrder,
  services: ProviderServices,
  { signal, deadlineAt, onPending }: FlipBudget,
): Promise<FlipEnd> {
  const startedAt = services.now();
  for (let waitMs = pollFirstMs; ; waitMs = Math.min(pollLastMs, waitMs * 1.5)) {
    // The last look begins early enough to end in time.
    if (services.now() + waitMs + listDeadlineMs >= deadlineAt) {
      const detail = `accepted, but not at its end after ${Math.round((services.now() - startedAt) / 1_000)} s`;
      return { effect: effect("uncertain", detail), unresolved: "accepted", failure: null };
    }
    onPending?.(services.now() - startedAt);
    await services.sleep(waitMs, signal);
    if (signal.aborted) {
      return {
        effect: effect("uncertain", "accepted, and still under way when we stopped waiting"),
        unresolved: "accepted",
        failure: null,
      };
    }
    if ((await lookAt(client, order, signal)) === "wanted") {
      return { effect: effect("applied", `current_stack is ${order.role}`), unresolved: null, failure: null };
    }
  }
}

function afterRefusal(put: Result<Verdict>, look: FlipLook): FlipEnd {
  const failure = put.kind === "failed" ? put.failure : null;
  const said =
    put.kind === "failed"
      ? put.failure.detail
      : `Cloud 66 says no: ${put.value.message ?? "no reason given"}`;
  if (look === "wanted")
    return { effect: effect("applied", `${said}; already so`), unresolved: null, failure };
  if (look === "busy") {
    return {
      effect: effect("uncertain", `${said}; yet the group is busy toggling`),
      unresolved: "sent",
      failure,
    };
  }
  if (put.kind === "failed" && put.failure.executed === "maybe") {
    return { effect: effect("uncertain", said), unresolved: "sent", failure };
  }
  return rejected(said, failure);
}

type FlipLook = "wanted" | "unwanted" | "busy" | "unseen";

async function lookAt(client: Cloud66Client, order: FlipOrder, signal: AbortSignal): Promise<FlipLook> {
  const listed = await client.listGroups(signal, "move");
  if (listed.kind === "failed") return "unseen";
  return lookOf(
    listed.value.find(({ uid }) => uid === order.uid),
    order,
  );
}

/** @returns where the group stands against the order. */
export function lookOf(group: ListedGroup | undefined, order: FlipOrder): FlipLook {
  if (group === undefined || !isReadable(group)) return "unseen";
  if (group.busy) return "busy";
  return roleOf(group.current) === order.role ? "wanted" : "unwanted";
}

function rejected(detail: string, failure: Failure | null): FlipEnd {
  return { effect: effect("rejected", detail), unresolved: null, failure };
}

function effect(kind: Effect["kind"], what: string): Effect {
  return { kind, detail: `flip: ${what}` };
}
