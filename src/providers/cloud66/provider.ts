/**
 * A Cloud 66 failover group as the address of a group. It is a DNS name with a primary and a secondary stack: one call makes
 * one of them the holder, clients follow when their DNS answer expires.
 */
import type { Capabilities, Effect, Reading, Step } from "../../core/address.ts";
import type { Budget } from "../http.ts";
import type { Finding, Provider, ProviderServices } from "../provider.ts";
import type { Purpose } from "../traffic/purpose.ts";
import { checkGroup } from "./check.ts";
import type { Cloud66Client } from "./client.ts";
import { flipTo } from "./flip.ts";
import { UnresolvedFlip } from "./unresolved.ts";
import { isReadable, noRoleText, roleOf, unreadableText, type StackRole } from "./wire.ts";

export interface Cloud66Member {
  readonly name: string;
  readonly stack: StackRole;
}

export interface Cloud66Group {
  /** Of the group in the config. */
  readonly name: string;
  /** Shared by all groups of the account. Closing it is the caller's part. */
  readonly client: Cloud66Client;
  /** Uid of the failover group. */
  readonly uid: string;
  readonly members: readonly Cloud66Member[];
}

const capabilities: Capabilities = {
  transfer: "flip",
  severalHolders: false,
  // The TTL of the failover address, by Cloud 66's documentation.
  actsOn: { kind: "dns", ttlMs: 300_000 },
  readDeadlineMs: 16_000,
  stepDeadlineMs: 120_000,
};
const callsOfMove: readonly string[] = [
  "1 GET list-elastic-addresses before it",
  "1 PUT update-elastic-address",
  "1 GET list-elastic-addresses every 1–3 s until it is done",
  "1 GET list-elastic-addresses as the reading after it, shared by all groups of the account",
];
/** Milliseconds. */
const checkDeadlineMs = 30_000;

export function createCloud66Provider(group: Cloud66Group, services: ProviderServices): Provider {
  return new Cloud66Provider(group, services);
}

class Cloud66Provider implements Provider {
  readonly capabilities: Capabilities = capabilities;
  readonly callsOfMove: readonly string[] = callsOfMove;
  /** Ping, the list, and both stacks. */
  readonly callsOfCheck: number = 4;
  readonly #group: Cloud66Group;
  readonly #services: ProviderServices;
  readonly #unresolved: UnresolvedFlip;
  /** The last step waits for a reading that shows what became of it. */
  #isJudging = false;

  constructor(group: Cloud66Group, services: ProviderServices) {
    this.#group = group;
    this.#services = services;
    this.#unresolved = new UnresolvedFlip(services);
  }

  async read(signal: AbortSignal): Promise<Reading> {
    const { client, uid, members } = this.#group;
    const listed = await client.listGroups(signal, this.#isJudging ? "move" : "reading");
    if (listed.kind === "failed") {
      return { kind: "unknown", detail: `Cannot list the failover groups: ${listed.failure.detail}` };
    }
    const group = listed.value.find((candidate) => candidate.uid === uid);
    if (group === undefined) {
      const known = listed.value.map((candidate) => candidate.uid).join(", ");
      const detail = `The account has no failover group ${uid}; it has: ${known === "" ? "none" : known}`;
      return { kind: "unknown", detail };
    }
    if (!isReadable(group)) return { kind: "unknown", detail: unreadableText(group) };
    const current = roleOf(group.current);
    if (current === null) {
      return { kind: "unknown", detail: `current_stack of ${uid} is ${noRoleText(group.current)}` };
    }
    const holder = members.find(({ stack }) => stack === current);
    const busy = group.busy
      ? "Cloud 66 is toggling this group (busy_toggling)"
      : this.#unresolved.busyAfter(group);
    this.#isJudging &&= busy !== null;
    return {
      kind: "known",
      holders: holder === undefined ? [] : [holder.name],
      foreign: holder === undefined ? [`${current} stack`] : [],
      busy,
    };
  }

  async execute(step: Step, signal: AbortSignal): Promise<Effect> {
    if (step.kind !== "flip")
      return { kind: "rejected", detail: "A failover group is flipped, never attached or detached" };
    const member = this.#group.members.find(({ name }) => name === step.member);
    if (member === undefined) return { kind: "rejected", detail: `The group has no member ${step.member}` };

    const order = { uid: this.#group.uid, role: member.stack };
    this.#isJudging = true;
    const budget = this.#budget(signal, capabilities.stepDeadlineMs, "move");
    const end = await flipTo(this.#group.client, order, this.#services, budget);
    this.#unresolved.remember(order, end.unresolved);
    return end.effect;
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    return checkGroup({
      ...this.#group,
      givenUp: this.#unresolved.givenUp,
      wallNow: this.#services.wallNow(),
      budget: this.#budget(signal, checkDeadlineMs, "check"),
    });
  }

  #budget(signal: AbortSignal, ms: number, purpose: Purpose): Budget {
    return { signal, deadlineAt: this.#services.now() + ms, group: this.#group.name, purpose };
  }
}
