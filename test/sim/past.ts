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
  /** A move has begun, of whatever kind, and this process has not seen it end. */
  isOpen: boolean;
}

const movesKept = 100;

export class Past {
  /** By identity: a group of other members is another one. */
  readonly #groups = new Map<string, GroupPast>();
  /** Nothing from before this instant counts. */
  #lostAt = -1;

  lose(now: number): void {
    this.#lostAt = now;
    for (const past of this.#groups.values()) {
      past.moves = [];
      past.handAt = null;
    }
  }

  /** That a move has ended need not have been synced. */
  restarted(): void {
    for (const past of this.#groups.values()) past.isOpen = true;
  }

  isOpen(group: string): boolean {
    return this.#of(group).isOpen;
  }

  moveBegan(group: string, trigger: Trigger, now: number): void {
    // Those of a drill do not count.
    const past = this.#of(group);
    past.current = trigger === "drill" ? null : { beganAt: now, counted: false };
    past.isOpen = true;
  }

  moveEnded(group: string): void {
    const past = this.#of(group);
    past.current = null;
    past.isOpen = false;
  }

  /** A move counts once, for a process after this one from when it was asked for at the latest. */
  ownChange(group: string): void {
    const past = this.#of(group);
    if (past.current === null || past.current.counted || past.current.beganAt <= this.#lostAt) return;
    past.current.counted = true;
    past.moves = [...past.moves, past.current.beganAt].slice(-movesKept);
  }

  /** The person has the last word: what was under way is over. */
  changedByHand(group: string, now: number): void {
    this.#of(group).handAt = now;
  }

  /** Nobody need wait for that person any more. */
  noted(group: string): void {
    this.#of(group).handAt = null;
  }

  /** @param from the same group before, in another process or in this one; null: nobody has seen it of late. */
  handOver(from: GroupView | null, to: GroupView, now: number): void {
    const { identity } = to;
    const last = from?.identity === identity ? from.lastCall : null;
    // Nobody has looked since, so it counts, from when it was sent.
    if (last !== null && !last.seen && last.worked) this.ownChange(identity);
    const { handAt, moves } = this.#of(identity);
    if (handAt !== null) to.handAt = to.process.now() - (now - handAt);
    to.inherited = moves;
  }

  #of(group: string): GroupPast {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const fresh: GroupPast = { moves: [], current: null, handAt: null, isOpen: true };
    this.#groups.set(group, fresh);
    return fresh;
  }
}
