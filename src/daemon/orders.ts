/**
 * The standing orders of people: who has paused what, which members are drained, whose health is forced. They live apart from
 * the journal, in a store of their own, since the journal may be deleted at any time and a pause must not vanish with it.
 */
import { isDeepStrictEqual } from "node:util";
import { standing, type Force, type Order } from "../core/orders.ts";
import type { Clock } from "./clock.ts";

/** Whom or what an order is about. A `group` of null: all groups. */
export type Subject =
  | { readonly kind: "pause"; readonly group: string | null }
  | { readonly kind: "drain"; readonly group: string; readonly member: string }
  | {
      readonly kind: "force";
      readonly group: string;
      readonly member: string;
      readonly health: Force["health"];
    };

/** An order as a person gives it. */
export interface Given {
  readonly by: string;
  readonly reason: string;
  /** How long it holds, in milliseconds, at most `orderMaxMs`. Null: until it is taken back; for a drain only. */
  readonly forMs: number | null;
}

export interface StandingOrder {
  readonly subject: Subject;
  readonly order: Order;
}

/** An order as it is stored: stamps of the wall clock, milliseconds since 1970. */
export interface StoredOrder {
  readonly subject: Subject;
  readonly by: string;
  readonly reason: string;
  readonly givenWallMs: number;
  readonly untilWallMs: number | null;
}

export interface OrderStore {
  /** @returns what was saved last; nothing when nothing was. Never throws. */
  load(): readonly StoredOrder[];
  /** @returns what is there now, or null when that cannot be read or there is nothing. Never throws. */
  peek(): readonly StoredOrder[] | null;
  /** @returns null once all of it is on the disk, else why not: a sentence without a final period. Never throws. */
  save(orders: readonly StoredOrder[]): string | null;
}

export interface OrdersParts {
  readonly clock: Clock;
  readonly store: OrderStore;
  /** Told when orders have changed or one has expired, with the groups that it is about; null: all of them. */
  readonly onChange: (group: string | null) => void;
  readonly onExpiry: (expired: StandingOrder) => void;
}

interface Unsaved {
  readonly subject: Subject;
  readonly order: StandingOrder | null;
}

export class Orders {
  readonly #parts: OrdersParts;
  #standing: readonly StandingOrder[];
  /** What the store holds, as far as we know. */
  #stored: readonly StoredOrder[];
  /** What people have said to this process and could not be saved yet; an order of null was taken back. */
  #unsaved: readonly Unsaved[] = [];
  /** When what the store holds was last turned into monotonic instants. */
  #readAt = 0;
  #cancel: () => void = () => undefined;

  constructor(parts: OrdersParts) {
    this.#parts = parts;
    this.#stored = parts.store.load();
    this.#standing = this.#restored();
    this.#watchExpiry();
  }

  /**
   * Takes over what another process has saved since: a second daemon must not act on what people have told the first one.
   *
   * @returns true when anything has changed.
   */
  refresh(): boolean {
    const stored = this.#parts.store.peek();
    const isNew = stored !== null && !isDeepStrictEqual(stored, this.#stored);
    if (isNew) {
      this.#stored = stored;
      const kept = this.#restored().filter(
        ({ subject }) => !this.#unsaved.some((own) => isSame(own.subject, subject)),
      );
      this.#standing = [...kept, ...this.#unsaved.flatMap(({ order }) => order ?? [])];
    }
    // The disk may have room again.
    if (this.#unsaved.length > 0) this.#save();
    if (isNew) this.#watchExpiry();
    return isNew;
  }

  /** Those that hold now. */
  get all(): readonly StandingOrder[] {
    // Asked for several times in each look at the facts, and there are hardly ever any.
    if (this.#standing.length === 0) return this.#standing;
    const now = this.#parts.clock.now();
    return this.#standing.filter(({ order }) => standing(order, now));
  }

  /** @returns what stops automatic moves of this group, the pause of all groups first; null: nothing. */
  pauseOf(group: string): Order | null {
    return this.pauseOfAll ?? this.#find({ kind: "pause", group });
  }

  get pauseOfAll(): Order | null {
    return this.#find({ kind: "pause", group: null });
  }

  #find(subject: Subject): Order | null {
    return this.all.find((each) => isSame(each.subject, subject))?.order ?? null;
  }

  ofMember(group: string, member: string): { readonly drained: Order | null; readonly forced: Force | null } {
    let drained: Order | null = null;
    let forced: Force | null = null;
    for (const { subject, order } of this.all) {
      if (subject.kind === "pause" || subject.group !== group || subject.member !== member) continue;
      if (subject.kind === "drain") drained = order;
      else forced = { ...order, health: subject.health };
    }
    return { drained, forced };
  }

  /** Gives an order; it takes the place of one about the same. @returns why it is not on the disk, or null. */
  give(subject: Subject, { by, reason, forMs }: Given): string | null {
    this.refresh();
    const since = this.#parts.clock.now();
    const order: Order = { by, reason, since, until: forMs === null ? null : since + forMs };
    return this.#replace(subject, { subject, order });
  }

  /** Takes an order back. @returns the order that held, and why that is not on the disk; null: there was none. */
  takeBack(subject: Subject): { readonly order: Order; readonly trouble: string | null } | null {
    this.refresh();
    const found = this.all.find((other) => isSame(other.subject, subject));
    if (found === undefined) return null;
    const trouble = this.#replace(subject, null);
    return { order: found.order, trouble };
  }

  stop(): void {
    this.#cancel();
  }

  /** @param order what holds of this subject from now on; null: nothing. @returns why it is not on the disk, or null. */
  #replace(subject: Subject, order: StandingOrder | null): string | null {
    this.#standing = [
      ...this.all.filter((other) => !isSame(other.subject, subject)),
      ...(order === null ? [] : [order]),
    ];
    this.#unsaved = [...this.#unsaved.filter((other) => !isSame(other.subject, subject)), { subject, order }];
    const trouble = this.#save();
    this.#watchExpiry();
    this.#parts.onChange(subject.group);
    return trouble;
  }

  /** Saves all that holds. @returns why that could not be done, or null. */
  #save(): string | null {
    const { clock, store } = this.#parts;
    const next = this.all.map((each) => stored(each, clock.now(), clock.wallNow()));
    const trouble = store.save(next);
    if (trouble !== null) return trouble;
    this.#stored = next;
    this.#unsaved = [];
    return null;
  }

  #restored(): readonly StandingOrder[] {
    const { clock } = this.#parts;
    this.#readAt = clock.now();
    return this.#stored.map((each) => restored(each, clock.now(), clock.wallNow()));
  }

  #watchExpiry(): void {
    this.#cancel();
    const { clock, onChange, onExpiry } = this.#parts;
    const ends = this.#standing.flatMap(({ order }) => order.until ?? []);
    if (ends.length === 0) return;
    this.#cancel = clock.after(Math.min(...ends) - clock.now(), () => {
      this.refresh();
      const left = this.all;
      const expired = this.#standing.filter((each) => !left.includes(each));
      this.#standing = left;
      this.#dropExpired(expired);
      for (const each of expired) onExpiry(each);
      for (const { subject } of expired) onChange(subject.group);
      this.#watchExpiry();
    });
  }

  /**
   * Takes what has expired before our eyes out of the store, so that the next start does not tell it again. What was over
   * already when it was read stays: a wall clock that is wrong at that moment must not end a pause for good.
   */
  #dropExpired(expired: readonly StandingOrder[]): void {
    const seen = expired.filter(({ order: { until } }) => until !== null && until > this.#readAt);
    const left = this.#stored.filter(({ subject }) => !seen.some((each) => isSame(each.subject, subject)));
    // What cannot be saved is told again, no more.
    if (left.length < this.#stored.length && this.#parts.store.save(left) === null) this.#stored = left;
  }
}

/** A health can be forced one way only, so a force takes the place of the other. */
function isSame(a: Subject, b: Subject): boolean {
  const memberOf = (subject: Subject): string | null => (subject.kind === "pause" ? null : subject.member);
  return a.kind === b.kind && a.group === b.group && memberOf(a) === memberOf(b);
}

function stored({ subject, order }: StandingOrder, now: number, wallNow: number): StoredOrder {
  const { by, reason, since, until } = order;
  const wall = (at: number): number => Math.round(wallNow + at - now);
  return { subject, by, reason, givenWallMs: wall(since), untilWallMs: until === null ? null : wall(until) };
}

/** A clock that was set meanwhile can make an order end early or late, but never hold for longer than it was given for. */
function restored(
  { subject, by, reason, givenWallMs, untilWallMs }: StoredOrder,
  now: number,
  wallNow: number,
): StandingOrder {
  const since = now + Math.min(0, givenWallMs - wallNow);
  const left = untilWallMs === null ? null : Math.min(untilWallMs - wallNow, untilWallMs - givenWallMs);
  return { subject, order: { by, reason, since, until: left === null ? null : now + left } };
}

/** Keeps nothing beyond the life of the process: for tests and the demo. */
export const noOrderStore: OrderStore = { load: () => [], peek: () => null, save: () => null };
