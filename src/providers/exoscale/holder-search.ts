/**
 * Which instances may hold an address. The filter of the instance list finds them, with a call for each address. When more addresses
 * are asked for at the same moment than the zone has instances, the whole list is the answer for all of them: it is one call, and to
 * ask each instance, which then follows, is shared as well.
 */
import { mapResult, type Result } from "../failure.ts";
import type { Budget } from "../http.ts";
import type { ProviderServices } from "../provider.ts";
import { gatherMs } from "../traffic/shared-questions.ts";
import type { ExoscaleClient } from "./client.ts";

export interface Candidates {
  /** UUIDs; each has to be asked. */
  readonly ids: readonly string[];
  /** These are all instances of the zone, and not those that the filter finds. */
  readonly isWholeZone: boolean;
}

/** Fewer addresses than this are not worth the list. */
const addressesMin = 4;
/** How long a zone with too many instances is believed to have too many. Milliseconds. */
const knownForMs = 600_000;

type Client = Pick<ExoscaleClient, "listInstanceIds" | "listInstancesByIp">;

export class HolderSearch {
  readonly #client: Client;
  readonly #services: Pick<ProviderServices, "now" | "sleep">;
  #gathering: { readonly ips: Set<string>; readonly done: Promise<void> } | null = null;
  /** How many instances the zone had when it was listed last. */
  #known: { readonly instances: number; readonly at: number } | null = null;

  constructor(client: Client, services: Pick<ProviderServices, "now" | "sleep">) {
    this.#client = client;
    this.#services = services;
  }

  async find(ip: string, budget: Budget): Promise<Result<Candidates>> {
    const addresses = await this.#gather(ip);
    if (this.#isWorthTrying(addresses)) {
      const all = await this.#client.listInstanceIds(budget);
      if (all.kind === "failed") return all;
      this.#known = { instances: all.value.length, at: this.#services.now() };
      if (all.value.length + 1 < addresses)
        return mapResult(all, (ids): Candidates => ({ ids, isWholeZone: true }));
    }
    const found = await this.#client.listInstancesByIp(ip, budget);
    return mapResult(found, (ids): Candidates => ({ ids, isWholeZone: false }));
  }

  /** @returns how many addresses are asked for at this moment. */
  async #gather(ip: string): Promise<number> {
    const { ips, done } = (this.#gathering ??= this.#begin());
    ips.add(ip);
    await done;
    return ips.size;
  }

  #begin(): { readonly ips: Set<string>; readonly done: Promise<void> } {
    const close = (): void => {
      this.#gathering = null;
    };
    const done = this.#services.sleep(gatherMs, new AbortController().signal).then(close);
    return { ips: new Set<string>(), done };
  }

  #isWorthTrying(addresses: number): boolean {
    if (addresses < addressesMin) return false;
    const known = this.#known;
    if (known === null || this.#services.now() - known.at >= knownForMs) return true;
    return known.instances + 1 < addresses;
  }
}
