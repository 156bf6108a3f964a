/**
 * Who holds the Elastic IP. It does not say so itself: every member instance is asked which Elastic IPs it has, and the
 * filter of the instance list is asked for holders that the config does not know, each of them confirmed.
 *
 * One member that could not be asked makes the whole reading unknown: "could not ask" is never "does not hold it".
 */
import { concluded, type Failure, type Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ExoscaleClient } from "./client.ts";
import { addressOf, hasElasticIp } from "./elastic-ip.ts";
import type { ElasticIp, Instance } from "./wire.ts";

export interface ExoscaleMember {
  readonly name: string;
  /** UUID of the instance. */
  readonly instance: string;
}

export interface MemberSeen {
  readonly member: ExoscaleMember;
  readonly result: Result<Instance>;
}

export type HoldersSeen =
  | {
      readonly kind: "seen";
      readonly members: readonly MemberSeen[];
      readonly holders: readonly string[];
      readonly foreign: readonly string[];
    }
  | {
      readonly kind: "unseen";
      readonly members: readonly MemberSeen[];
      readonly detail: string;
      /** Why the search for foreign holders failed. Null: it did not, or it was never begun. */
      readonly search: Failure | null;
    };

export async function seeHolders(
  client: ExoscaleClient,
  elasticIp: ElasticIp,
  members: readonly ExoscaleMember[],
  budget: Budget,
): Promise<HoldersSeen> {
  const ip = addressOf(elasticIp);
  if (ip === null)
    return { kind: "unseen", members: [], detail: `Elastic IP ${elasticIp.id} has no address`, search: null };
  const [listed, ...seen] = await Promise.all([
    client.findCandidates(ip, budget),
    ...members.map((member) => seeMember(client, member, budget)),
  ]);
  const search = listed.kind === "failed" ? listed.failure : null;
  const unseen = (detail: string): HoldersSeen => ({ kind: "unseen", members: seen, detail, search });

  if (listed.kind === "failed") {
    return unseen(`Cannot search for foreign holders of ${ip}: ${listed.failure.detail}`);
  }
  const doubt = memberDoubt(seen);
  if (doubt !== null) return unseen(doubt);

  const known = new Set(members.map(({ instance }) => instance.toLowerCase()));
  const strangers = (ids: readonly string[]) => ids.filter((id) => !known.has(id.toLowerCase()));
  const confirmAll = (ids: readonly string[]) => holdersAmong(client, strangers(ids), elasticIp, budget);
  let foreign = await confirmAll(listed.value.ids);
  if (foreign.kind === "failed" && listed.value.isWholeZone) {
    // One instance that cannot be asked, and that has nothing to do with this address, must not make all groups of the zone blind.
    const filtered = await client.listInstancesByIp(ip, budget);
    if (filtered.kind === "failed")
      return unseen(`Cannot search for foreign holders of ${ip}: ${filtered.failure.detail}`);
    foreign = await confirmAll(filtered.value);
  }
  if (foreign.kind === "failed") return unseen(foreign.detail);

  const holders = seen
    .filter(({ result }) => result.kind === "ok" && hasElasticIp(result.value, elasticIp))
    .map(({ member }) => member.name);
  return {
    kind: "seen",
    members: seen,
    holders,
    foreign: foreign.ids,
  };
}

/** @returns those of the instances that hold the address; failed: one of them could not be asked. */
async function holdersAmong(
  client: ExoscaleClient,
  ids: readonly string[],
  elasticIp: ElasticIp,
  budget: Budget,
): Promise<{ kind: "seen"; ids: readonly string[] } | { kind: "failed"; detail: string }> {
  const confirmed = await Promise.all(ids.map((id) => confirm(client, id, elasticIp, budget)));
  const failed = confirmed.find((answer) => answer.kind === "failed");
  if (failed !== undefined) return failed;
  return { kind: "seen", ids: ids.filter((_, i) => confirmed[i]?.kind === "holds") };
}

async function seeMember(
  client: ExoscaleClient,
  member: ExoscaleMember,
  budget: Budget,
): Promise<MemberSeen> {
  return { member, result: await seeInstance(client, member.instance, budget) };
}

/** @returns the instance; an answer about another instance is a failure, whatever it says. */
export async function seeInstance(
  client: ExoscaleClient,
  id: string,
  budget: Budget,
): Promise<Result<Instance>> {
  const result = await client.getInstance(id, budget);
  if (result.kind === "failed" || result.value.id.toLowerCase() === id.toLowerCase()) return result;
  const detail = `asked for instance ${id}, the answer is about ${result.value.id}`;
  return concluded("unreadable", "maybe", detail, result.serverWallMs);
}

/**
 * A deleted instance holds nothing, but 404 is also what a wrong zone or wrong credentials may give. It counts as "deleted"
 * only while another member is found with the same credentials in the same zone.
 * @returns why the members' answers are not the whole truth, or null.
 */
function memberDoubt(seen: readonly MemberSeen[]): string | null {
  for (const { member, result } of seen) {
    if (result.kind === "failed" && result.failure.cause !== "not-found") {
      return `Cannot ask whether ${member.name} holds the address: ${result.failure.detail}`;
    }
  }
  if (seen.some(({ result }) => result.kind === "ok")) return null;
  return "Cannot tell who holds the address: none of the members' instances is found in this zone with these credentials";
}

/** An instance may vanish between the list and the question: then it holds nothing. */
async function confirm(client: ExoscaleClient, id: string, elasticIp: ElasticIp, budget: Budget) {
  const result = await seeInstance(client, id, budget);
  if (result.kind === "ok") {
    return { kind: hasElasticIp(result.value, elasticIp) ? "holds" : "does-not" } as const;
  }
  if (result.failure.cause === "not-found") return { kind: "does-not" } as const;
  const detail = `Cannot ask whether instance ${id} holds the address: ${result.failure.detail}`;
  return { kind: "failed", detail } as const;
}
