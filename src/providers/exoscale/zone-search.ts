/**
 * Is it in another zone? Elastic IPs and instances are local to a zone, so what the group's own zone does not know is often the right
 * thing in the wrong place. The other zones are asked only then, one call each, and not again for a while.
 *
 * They are asked where the own zone is, with their name in place of its name. An endpoint that does not name its zone leads nowhere
 * else, and nothing is asked.
 */
import { exoscaleZoneName } from "../../core/exoscale-zones.ts";
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import { JointWork } from "../traffic/joint-work.ts";
import { createExoscaleClient, type ExoscaleAccount, type ExoscaleClient } from "./client.ts";
import { ElasticIpLookup } from "./elastic-ip.ts";
import { seeInstance } from "./reading.ts";

/**
 * Neither instances nor Elastic IPs ever move to another zone, so what was found out is asked again only in case it was deleted or
 * made since. What could not be found out costs an account with a broken zone little. Milliseconds.
 */
const againAfterMs = { found: 3_600_000, nowhere: 3_600_000, unknown: 600_000 } as const;

export interface ZonedAccount extends ExoscaleAccount {
  /** e.g. `ch-gva-2`. */
  readonly zone: string;
}

/** What the own zone does not know: an instance by its id, an Elastic IP by address or id. */
export interface Missing {
  readonly kind: "instance" | "elastic-ip";
  readonly id: string;
}

export type Elsewhere =
  | { readonly kind: "found"; readonly zone: string; /** The own one. */ readonly notIn: string }
  /** None of the other zones has it; these were asked. */
  | { readonly kind: "nowhere"; readonly asked: readonly string[] }
  /** Not all of them could be asked. */
  | { readonly kind: "unknown" };

export interface Searched {
  readonly where: Elsewhere;
  /** How many calls this took; 0: it was known. */
  readonly calls: number;
}

const unknown: Elsewhere = { kind: "unknown" };
const notAsked: Searched = { where: unknown, calls: 0 };

/** Shared by all groups of an account. */
export class ZoneSearch {
  readonly #account: ZonedAccount;
  readonly #client: ExoscaleClient;
  readonly #services: ProviderServices;
  /** By kind and id. `until`: monotonic milliseconds. */
  readonly #known = new Map<string, { readonly where: Elsewhere; readonly until: number }>();
  /** Those under way, by kind and id. */
  readonly #searches = new Map<string, JointWork<Searched>>();
  /** By zone. One for each, so that the account asks no zone more at once than its own. */
  readonly #clients = new Map<string, ExoscaleClient>();
  /** By zone: it did not answer, and is not asked before then. Monotonic milliseconds. */
  readonly #silentUntil = new Map<string, number>();

  /** @param client that of the own zone. */
  constructor(account: ZonedAccount, client: ExoscaleClient, services: ProviderServices) {
    this.#account = account;
    this.#client = client;
    // Trouble of another zone is none of this account's.
    const { onTraffic: _, ...quiet } = services;
    this.#services = quiet;
  }

  find(missing: Missing, budget: Budget): Promise<Searched> {
    if (this.#endpointIn("") === null) return Promise.resolve(notAsked);
    const key = `${missing.kind} ${missing.id.toLowerCase()}`;
    const known = this.#known.get(key);
    if (known !== undefined && this.#services.now() < known.until)
      return Promise.resolve({ where: known.where, calls: 0 });
    const running = this.#searches.get(key);
    if (running !== undefined && !running.isAbandoned)
      return running.wait(budget.signal, notAsked).then(({ where }) => ({ where, calls: 0 }));
    const search = new JointWork((signal) => this.#searchOnce(key, missing, { ...budget, signal }));
    this.#searches.set(key, search);
    return search.wait(budget.signal, notAsked);
  }

  /** Drops all connections to other zones. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  async #searchOnce(key: string, missing: Missing, budget: Budget): Promise<Searched> {
    const searched = await this.#search(missing, budget);
    // Given up in the middle, which says nothing of the zones.
    if (budget.signal.aborted) return searched;
    this.#searches.delete(key);
    const now = this.#services.now();
    for (const [old, { until }] of this.#known) if (now >= until) this.#known.delete(old);
    const { where } = searched;
    this.#known.set(key, { where, until: now + againAfterMs[where.kind] });
    return searched;
  }

  async #search(missing: Missing, budget: Budget): Promise<Searched> {
    const listed = await this.#client.listZones(budget);
    if (listed.kind === "failed") return { where: unknown, calls: 1 };
    const notIn = this.#account.zone;
    // A name becomes part of where signed requests go.
    const others = listed.value
      .map(({ name }) => name)
      .filter((name) => name !== notIn && exoscaleZoneName.test(name));
    const asked = others.filter((zone) => this.#services.now() >= (this.#silentUntil.get(zone) ?? -Infinity));
    const answers = await Promise.all(asked.map((zone) => this.#isIn(zone, missing, budget)));
    const zone = asked[answers.indexOf("yes")];
    const calls = 1 + asked.length;
    if (zone !== undefined) return { where: { kind: "found", zone, notIn }, calls };
    const isWhole = asked.length === others.length && answers.every((answer) => answer === "no");
    return { where: isWhole ? { kind: "nowhere", asked } : unknown, calls };
  }

  async #isIn(zone: string, { kind, id }: Missing, budget: Budget): Promise<"yes" | "no" | "unknown"> {
    const client = this.#clientIn(zone);
    if (client === null) return "unknown";
    const result =
      kind === "instance"
        ? await seeInstance(client, id, budget)
        : await new ElasticIpLookup(client, id).find(budget);
    if (result.kind === "ok") return "yes";
    if (result.failure.cause === "not-found") return "no";
    if (!budget.signal.aborted) this.#silentUntil.set(zone, this.#services.now() + againAfterMs.unknown);
    return "unknown";
  }

  #clientIn(zone: string): ExoscaleClient | null {
    const known = this.#clients.get(zone);
    if (known !== undefined) return known;
    const endpoint = this.#endpointIn(zone);
    if (endpoint === null) return null;
    const client = createExoscaleClient({ ...this.#account, endpoint }, this.#services);
    this.#clients.set(zone, client);
    return client;
  }

  /**
   * The zone is named by the first part of the host, as at Exoscale, or else in the path: nothing else may change where signed
   * requests go.
   *
   * @returns null when the endpoint does not name its zone.
   */
  #endpointIn(zone: string): string | null {
    const url = new URL(this.#account.endpoint);
    const [first = "", ...domain] = url.hostname.split(".");
    const label = replaced(first, this.#account.zone, zone);
    const path = replaced(url.pathname, this.#account.zone, zone);
    if (label !== null) url.hostname = [label, ...domain].join(".");
    else if (path !== null) url.pathname = path;
    else return null;
    return url.href;
  }
}

/** @returns null unless `own` occurs exactly once. */
function replaced(text: string, own: string, other: string): string | null {
  const [before, after, ...more] = text.split(own);
  return before === undefined || after === undefined || more.length > 0 ? null : `${before}${other}${after}`;
}
