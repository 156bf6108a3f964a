/**
 * Which Elastic IP the group means. A person writes its address or its id; attaching needs the id, the search for foreign
 * holders needs the address. The pair is looked up once and kept until something says that it is stale.
 */
import { isIPv6 } from "node:net";
import { concluded, type Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ExoscaleClient } from "./client.ts";
import { isUuid, type ElasticIp, type Instance } from "./wire.ts";

export class ElasticIpLookup {
  readonly #client: ExoscaleClient;
  readonly #wanted: string;
  readonly #now: () => number;
  #known: ElasticIp | null = null;
  /** When the answer came that says so. Monotonic milliseconds. */
  #at = -Infinity;

  /**
   * @param wanted the address (IPv4, IPv6 or its /96) or the id.
   * @param now monotonic milliseconds; whoever asks only once does without.
   */
  constructor(client: ExoscaleClient, wanted: string, now: () => number = () => 0) {
    this.#client = client;
    this.#now = now;
    this.#wanted = wanted;
  }

  /** @returns what is known, else what one call finds. `not-found` when this zone has no such Elastic IP. */
  async find(budget: Budget): Promise<Result<ElasticIp>> {
    if (this.#known !== null) return { kind: "ok", value: this.#known, serverWallMs: null };
    return this.#take(
      isUuid(this.#wanted)
        ? await this.#client.getElasticIp(this.#wanted, budget)
        : await this.#search(budget),
    );
  }

  /** As `find`, but with an answer that is younger than this; 0: asks in any case. Milliseconds. */
  async findAsOf(maxAgeMs: number, budget: Budget): Promise<Result<ElasticIp>> {
    const known = this.#known;
    if (known === null || this.#now() - this.#at < maxAgeMs) return this.find(budget);
    return this.#take(await this.#client.getElasticIp(known.id, budget));
  }

  /** An Elastic IP that is gone is looked up anew the next time. */
  #take(result: Result<ElasticIp>): Result<ElasticIp> {
    if (result.kind === "ok") {
      this.#known = result.value;
      this.#at = this.#now();
    } else if (result.failure.cause === "not-found") this.forget();
    return result;
  }

  /** True while the pair comes from an earlier look-up. */
  get cached(): boolean {
    return this.#known !== null;
  }

  /** The next `find` asks again. */
  forget(): void {
    this.#known = null;
  }

  async #search(budget: Budget): Promise<Result<ElasticIp>> {
    const result = await this.#client.listElasticIps(budget);
    if (result.kind === "failed") return result;
    const wanted = canonical(this.#wanted);
    const found = result.value.find(({ ip, cidr }) =>
      [ip, cidr].some((text) => text !== null && canonical(text) === wanted),
    );
    if (found !== undefined) return { ...result, value: found };
    const detail = `none of the ${result.value.length} Elastic IPs of this zone is ${this.#wanted}`;
    return concluded("not-found", "no", detail, result.serverWallMs);
  }
}

/** @returns true when the instance has the Elastic IP now. */
export function hasElasticIp(instance: Instance, elasticIp: ElasticIp): boolean {
  return instance.elasticIps.some(({ id }) => id === elasticIp.id);
}

/** @returns what `ip-address` is searched for: the address, or the first one of an IPv6 range. Null when there is neither. */
export function addressOf(elasticIp: ElasticIp): string | null {
  return elasticIp.ip ?? elasticIp.cidr?.split("/")[0] ?? null;
}

/** @returns what a person calls it: the address, the range, or else the id. */
export function addressName({ ip, cidr, id }: ElasticIp): string {
  return ip ?? cidr ?? id;
}

/** @returns true when it is an IPv6 address, which only instances with IPv6 can take. */
export function isIpv6({ addressFamily, ip, cidr }: ElasticIp): boolean {
  if (addressFamily !== null) return addressFamily === "inet6";
  return (ip ?? cidr ?? "").includes(":");
}

/** IPv6 has many spellings of one address. */
function canonical(address: string): string {
  const [ip = "", prefix] = address.trim().toLowerCase().split("/");
  const host = isIPv6(ip) ? new URL(`http://[${ip}]`).hostname : ip;
  return prefix === undefined ? host : `${host}/${prefix}`;
}
