/** What a group is allowed to do by itself. The config makes it, the planner obeys it. All times in milliseconds. */
export interface GroupPolicy {
  /** `auto`: move. `shadow`: decide, say and count, but never call the provider to change anything. Default `auto`. */
  readonly mode: "auto" | "shadow";
  /**
   * `attach-first`: the new holder is attached before the old one is detached, so that the address always has one.
   * `detach-first`: the old one is detached first, and for the length of the move nobody holds the address.
   * Default `attach-first`.
   */
  readonly order: "attach-first" | "detach-first";
  /** `one`: a single holder. `all-healthy`: every healthy member, a pool. Default `one`. */
  readonly holders: "one" | "all-healthy";
  /** How long a preferred member must be healthy without a break before the address goes back to it. Null, the default: never. */
  readonly failbackAfterMs: number | null;
  /** The least time between automatic moves; doubled by each that follows others within twelve times as long. Default 5 minutes. */
  readonly holdDownMs: number;
  /** At most `moves` automatic moves within `windowMs`. Default 3 in 24 hours. */
  readonly limit: { readonly moves: number; readonly windowMs: number };
}
