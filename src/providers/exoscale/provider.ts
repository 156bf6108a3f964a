/**
 * An Exoscale Elastic IP as the address of a group. Several instances can hold it at once and attaching never takes it from
 * another, so a move is an attach and a detach. Zone-local.
 */
import type { Capabilities, Effect, Reading, Step } from "../../core/address.ts";
import type { Budget } from "../http.ts";
import type { Finding, HealthcheckReading, Provider, ProviderServices } from "../provider.ts";
import type { Purpose } from "../traffic/purpose.ts";
import { checkGroup } from "./check.ts";
import type { ExoscaleClient } from "./client.ts";
import { ElasticIpLookup } from "./elastic-ip.ts";
import { seeHolders, type ExoscaleMember } from "./reading.ts";
import { carryOut } from "./step.ts";
import { storedIn } from "./stored.ts";
import { UnresolvedStep } from "./unresolved.ts";
import type { Elsewhere, Missing, ZoneSearch } from "./zone-search.ts";

export interface ExoscaleGroup {
  /** Of the group in the config. */
  readonly name: string;
  /** Shared by all groups of the account and zone. Closing it is the caller's part. */
  readonly client: ExoscaleClient;
  /** The address or its id. */
  readonly elasticIp: string;
  readonly members: readonly ExoscaleMember[];
  /** Where a check looks for what the zone does not know. Shared as the client. Default: nowhere else. */
  readonly zones?: ZoneSearch;
  /** Members are probed by the healthcheck that is stored with the Elastic IP. Default false. */
  readonly usesStored?: boolean;
}

const capabilities: Capabilities = {
  transfer: "attach-detach",
  severalHolders: true,
  actsOn: { kind: "routes" },
  readDeadlineMs: 20_000,
  stepDeadlineMs: 60_000,
};
/** What a reading has just found out is not asked for again. Milliseconds. */
const healthcheckMaxAgeMs = 5_000;
/** Milliseconds. */
const checkDeadlineMs = 30_000;

export function createExoscaleProvider(group: ExoscaleGroup, services: ProviderServices): Provider {
  return new ExoscaleProvider(group, services);
}

class ExoscaleProvider implements Provider {
  readonly capabilities: Capabilities = capabilities;
  readonly #group: ExoscaleGroup;
  readonly #services: ProviderServices;
  readonly #lookup: ElasticIpLookup;
  readonly #unresolved: UnresolvedStep;
  /** A move by this process is the only proof that the credentials allow one. */
  readonly #proven = new Set<"attach" | "detach">();
  /** In the last check, for what the zone does not know. */
  #callsOfSearch = 0;
  /** The last step waits for a reading that shows what became of it. */
  #isJudging = false;

  constructor(group: ExoscaleGroup, services: ProviderServices) {
    this.#group = group;
    this.#services = services;
    this.#lookup = new ElasticIpLookup(group.client, group.elasticIp, () => services.now());
    this.#unresolved = new UnresolvedStep(group.client, services);
  }

  get callsOfMove(): readonly string[] {
    return [
      "1 PUT attach-instance-to-elastic-ip, 1–4 GET get-operation",
      "1 PUT detach-instance-from-elastic-ip, 1–4 GET get-operation",
      `after each of the two a reading: ${this.#group.members.length} GET get-instance, 1 GET list-instances`,
    ];
  }

  /** The Elastic IP, the search for foreign holders, get-operation, each member, and what other zones were asked last. */
  get callsOfCheck(): number {
    return 3 + this.#group.members.length + this.#callsOfSearch;
  }

  async read(signal: AbortSignal): Promise<Reading> {
    const budget = this.#budget(signal, capabilities.readDeadlineMs, this.#isJudging ? "move" : "reading");
    const cached = this.#lookup.cached;
    const found = await this.#lookup.find(budget);
    if (found.kind === "failed") {
      return {
        kind: "unknown",
        detail: `Cannot find Elastic IP ${this.#group.elasticIp}: ${found.failure.detail}`,
      };
    }
    const { client, members } = this.#group;
    // In this order: an operation that ends while the instances are read must not make an older answer look final.
    const polled = await this.#unresolved.poll(budget);
    const seen = await seeHolders(client, found.value, members, budget);
    if (seen.kind === "unseen") return { kind: "unknown", detail: seen.detail };
    if (cached && seen.holders.length + seen.foreign.length === 0) {
      // "Nobody holds it" is what makes us attach. It is also what a deleted Elastic IP looks like.
      const exists = await this.#lookup.findAsOf(0, budget);
      if (exists.kind === "failed") {
        return {
          kind: "unknown",
          detail: `Cannot confirm that Elastic IP ${found.value.id} exists: ${exists.failure.detail}`,
        };
      }
    }
    const busy = this.#unresolved.busyAfter(polled, seen.members);
    this.#isJudging &&= busy !== null;
    return { kind: "known", holders: seen.holders, foreign: seen.foreign, busy };
  }

  async execute(step: Step, signal: AbortSignal): Promise<Effect> {
    if (step.kind === "flip")
      return { kind: "rejected", detail: "An Elastic IP is attached and detached, never flipped" };
    const { client, members } = this.#group;
    const member = members.find(({ name }) => name === step.member);
    if (member === undefined) return { kind: "rejected", detail: `The group has no member ${step.member}` };

    this.#isJudging = true;
    const budget = this.#budget(signal, capabilities.stepDeadlineMs, "move");
    const found = await this.#lookup.find(budget);
    if (found.kind === "failed") {
      const detail = `${step.kind}: nothing was sent, Elastic IP ${this.#group.elasticIp} cannot be found: ${found.failure.detail}`;
      return { kind: "rejected", about: "call", detail };
    }
    const order = { verb: step.kind, elasticIp: found.value, instance: member.instance };
    const end = await carryOut(client, order, this.#services, budget);
    if (end.notFound) this.#lookup.forget();
    if (end.effect.kind === "applied") this.#proven.add(step.kind);
    this.#unresolved.remember(end.unresolved);
    return end.effect;
  }

  async readHealthcheck(signal: AbortSignal): Promise<HealthcheckReading> {
    const budget = this.#budget(signal, capabilities.readDeadlineMs, "check");
    const found = await this.#lookup.findAsOf(healthcheckMaxAgeMs, budget);
    if (found.kind === "ok") return storedIn(found.value);
    return {
      kind: "unknown",
      detail: `Cannot ask for the healthcheck of Elastic IP ${this.#group.elasticIp}: ${found.failure.detail}`,
    };
  }

  check(signal: AbortSignal): Promise<readonly Finding[]> {
    const { client, zones, members, elasticIp, usesStored = false } = this.#group;
    const budget = this.#budget(signal, checkDeadlineMs, "check");
    this.#callsOfSearch = 0;
    const findElsewhere = async (missing: Missing): Promise<Elsewhere> => {
      if (zones === undefined) return { kind: "unknown" };
      const { where, calls } = await zones.find(missing, budget);
      this.#callsOfSearch += calls;
      return where;
    };
    return checkGroup({
      client,
      findElsewhere,
      members,
      usesStored,
      wanted: elasticIp,
      proven: this.#proven,
      givenUp: this.#unresolved.givenUp,
      wallNow: this.#services.wallNow(),
      budget,
    });
  }

  #budget(signal: AbortSignal, ms: number, purpose: Purpose): Budget {
    return { signal, deadlineAt: this.#services.now() + ms, group: this.#group.name, purpose };
  }
}
