/**
 * What a fresh process must know from the journal of the one before it, as long as nothing of that was lost: the moves that
 * count towards hold-down and limit, and what a person did last. Instants are the world's, since every process has its own.
 */
import type { Trigger } from "../../src/core/rules.ts";
import type { GroupView } from "./group-view.ts";

interface GroupPast {
  moves: readonly number[];
  /** The move that was begun last, if it has not ended. */
  current: { readonly beganAt: number; counted: boolean } | null;
  handAt: number | null;
}

const movesKept = 100;

export class Past {
  readonly #groups: ReadonlyMap<string, GroupPast>;
  /** Nothing from before this instant counts. */
  #lostAt = -1;

  constructor(groups: readonly string[]) {
    this.#groups = new Map(groups.map((name) => [name, { moves: [], current: null, handAt: null }]));
  }

  lose(now: number): void {
    this.#lostAt = now;
    for (const past of this.#groups.values()) {
      past.moves = [];
      past.handAt = null;
    }
  }

  movesOf(group: string): readonly number[] {
    return this.#groups.get(group)?.moves ?? [];
  }

  moveBegan(group: string, trigger: Trigger, now: number): void {
    const past = this.#groups.get(group);
    // Those of a drill do not count.
    if (past !== undefined) past.current = trigger === "drill" ? null : { beganAt: now, counted: false };
  }

  moveEnded(group: string): void {
    const past = this.#groups.get(group);
    if (past !== undefined) past.current = null;
  }

  /** A move counts once, for a process after this one from when it was asked for at the latest. */
  ownChange(group: string): void {
    const past = this.#groups.get(group);
    if (past?.current == null || past.current.counted || past.current.beganAt <= this.#lostAt) return;
    past.current.counted = true;
    past.moves = [...past.moves, past.current.beganAt].slice(-movesKept);
  }

  /** The person has the last word: what was under way is over. */
  changedByHand(group: string, now: number): void {
    const past = this.#groups.get(group);
    if (past !== undefined) past.handAt = now;
  }

  /** Nobody need wait for that person any more. */
  noted(group: string): void {
    const past = this.#groups.get(group);
    if (past !== undefined) past.handAt = null;
  }

  /** A fresh process goes on from where another one ended; both see the same group. */
  handOver(from: GroupView, to: GroupView, now: number): void {
    const { name } = to.config;
    const last = from.lastCall;
    // Nobody has looked since, so it counts, from when it was sent.
    if (last !== null && !last.seen && last.worked) this.ownChange(name);
    const { handAt } = this.#groups.get(name) ?? { handAt: null };
    if (handAt !== null) to.handAt = to.process.now() - (now - handAt);
    to.inherited = this.movesOf(name);
  }
}
