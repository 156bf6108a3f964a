/** The address of a group as the provider sees it, the steps that change it, and what may come of a step. */

/** How an address moves at its provider. Static for a kind of provider. */
export interface Capabilities {
  /**
   * `attach-detach`: attach adds a holder and never takes the address from another, detach removes one (Exoscale).
   * `flip`: one call makes a member the only holder (Cloud 66).
   */
  readonly transfer: "attach-detach" | "flip";
  /** True when several members can hold the address at once and traffic is spread over them. */
  readonly severalHolders: boolean;
  /** What a move changes. With `dns`, clients follow only after the time to live. */
  readonly actsOn: { readonly kind: "routes" } | { readonly kind: "dns"; readonly ttlMs: number };
  /** The longest that one read may take, all calls and retries in it. Milliseconds. */
  readonly readDeadlineMs: number;
  /** The longest that one step may take, until it is applied, rejected or given up as uncertain. Milliseconds. */
  readonly stepDeadlineMs: number;
}

/** What the provider says of an address. "Could not ask" is `unknown`, never an empty list of holders. */
export type Reading =
  | {
      readonly kind: "known";
      /** Names of the members that have the address. */
      readonly holders: readonly string[];
      /** Provider ids of holders that the config does not know. */
      readonly foreign: readonly string[];
      /** Why the provider must not be given a step now (an operation is under way), or null. */
      readonly busy: string | null;
    }
  | {
      readonly kind: "unknown";
      /** For a person: what was asked and what came back. */
      readonly detail: string;
    };

/** One provider call that changes who holds the address. The executor knows no other. */
export type Step =
  | { readonly kind: "attach"; readonly member: string }
  | { readonly kind: "detach"; readonly member: string }
  | { readonly kind: "flip"; readonly member: string };

/**
 * What came of a step. `rejected`: surely not carried out, because of the member, or with `about: "call"` because the call
 * itself was not accepted, whatever the member. `uncertain`: it was sent and no answer came, so only a new reading can tell.
 */
export type Effect =
  | { readonly kind: "applied"; readonly detail: string }
  | { readonly kind: "rejected"; readonly about?: "call"; readonly detail: string }
  | { readonly kind: "uncertain"; readonly detail: string };

/** @returns the step in words, e.g. `attach web-b`. */
export function stepText(step: Step): string {
  return step.kind === "flip" ? `flip to ${step.member}` : `${step.kind} ${step.member}`;
}
