/** What all groups together have done lately and may do, as one of them sees it. Made for every look at the facts, so only what is asked for is found out. */
import type { OverallFacts } from "../core/facts.ts";
import type { OverallPolicy } from "../core/policy.ts";
import type { Group } from "./group.ts";

export class Overall implements OverallFacts {
  readonly policy: OverallPolicy;
  readonly #own: string;
  readonly #groups: readonly Group[];

  /** @param own the group that asks. */
  constructor(own: string, groups: readonly Group[], policy: OverallPolicy) {
    this.#own = own;
    this.#groups = groups;
    this.policy = policy;
  }

  get groups(): number {
    return this.#groups.length;
  }

  get drilling(): string | null {
    const found = this.#groups.find((group) => group.config.name !== this.#own && group.isDrilling);
    return found?.config.name ?? null;
  }

  /** With thousands of groups the list is long; it is asked for only when a move is due. */
  get moves(): OverallFacts["moves"] {
    // In a pool the others go on serving, and members come and go more often.
    const single = this.#groups.filter(({ config }) => config.policy.holders === "one");
    return single.flatMap(({ config, reconciler }) =>
      reconciler.moves.instants.map((at) => ({ group: config.name, at })),
    );
  }
}
