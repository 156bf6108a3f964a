/** What a group is allowed to do by itself. The config makes it, the planner obeys it. All times in milliseconds. */
export interface GroupPolicy {
  /**
   * `auto`: move. `approve`: decide, tell, and wait for a person before a move begins. `shadow`: decide, say and count, but
   * never call the provider to change anything. Default `auto`.
   */
  readonly mode: "auto" | "approve" | "shadow";
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
  /** What follows when a move is not seen to work through the address. Null, the default: nobody looks. */
  readonly verify: VerifyPolicy | null;
  /** How long a member that was unhealthy must be healthy again before it may receive the address. Default 30 seconds. */
  readonly warmUpMs: number;
  /** Default 3 moves in 24 hours. */
  readonly limit: MoveLimit;
}

/** So many past moves of a group are remembered, and no limit of a group can ask for more. */
export const pastMovesMax = 100;

/** At most `moves` automatic moves within `windowMs`. */
export interface MoveLimit {
  readonly moves: number;
  readonly windowMs: number;
}

export interface VerifyPolicy {
  /** How soon after a move somebody must answer through the address. Default 30 seconds; with DNS twice its time to live. */
  readonly withinMs: number;
  /** `hold`, the default: say so and leave it. `next-member`: try the other eligible members, each once. */
  readonly otherwise: "hold" | "next-member";
}

/** What all groups together are allowed to do by themselves: many moves at once are more likely our mistake than the world's. */
export interface OverallPolicy {
  /** Default 20 moves in an hour. */
  readonly limit: MoveLimit;
  /** At most this share of all groups, but always two of them, moves within `windowMs`. Default a half in 5 minutes. */
  readonly share: { readonly ofGroups: number; readonly windowMs: number };
}
