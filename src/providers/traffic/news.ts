/** What an account's traffic tells of itself, for metrics and the log. */

/**
 * Why something was not asked, or not asked again: `retry-budget`: too much was asked again already; `retry-after`: the provider wants
 * no requests before the time is up; `queue`: too many others were in front.
 */
export const heldBackReasons = ["retry-budget", "retry-after", "queue"] as const;

export type HeldBack = (typeof heldBackReasons)[number];

export type TrafficNews =
  /** A question is asked again. */
  | { readonly kind: "retry" }
  /** The provider wants fewer requests: HTTP 429, or 5xx with a `Retry-After`. */
  | { readonly kind: "throttled" }
  | { readonly kind: "held-back"; readonly reason: HeldBack }
  /** Told once: from now on questions are held back. `why` is one clause. */
  | { readonly kind: "strained"; readonly why: string }
  /** Told once: all is asked again as it comes. */
  | { readonly kind: "relieved"; readonly afterMs: number; readonly heldBack: number };
