/**
 * What people have told the daemon, as the world remembers it. It is written without the daemon's own book, and it says only
 * what is certain: an order whose time may or may not be over, by the clocks of a machine that sleeps and is set, is unsure.
 */
import type { OrderStore, StoredOrder } from "../../src/daemon/orders.ts";
import type { SimDisk } from "./disk.ts";
import type { Stage } from "./stage.ts";

export type Health = "healthy" | "unhealthy";

/** A group of null: all groups. A member of null: the group itself. */
export interface Told {
  readonly kind: "pause" | "drain" | "force";
  readonly group: string | null;
  readonly member: string | null;
  readonly health: Health | null;
}

interface Standing extends Told {
  /** It holds at least until then, in the world's time. */
  surelyUntil: number;
  /** It may hold until then. */
  perhapsUntil: number;
  /** It would survive a restart, and other processes know of it. */
  durable: boolean;
  /** The process that was told. */
  readonly toldTo: number;
  /** Another order has taken its place, or it was taken back, and the disk does not know of that. */
  isOver: boolean;
}

/** Stamps are whole milliseconds, and a saved order is read a little later. */
const roundingMs = 1_000;

export class OrderBook {
  readonly #stage: Stage;
  #standing: Standing[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** @param toldTo id of the process. */
  give(told: Told, forMs: number, toldTo: number, durable: boolean): void {
    const now = this.#stage.clock.now;
    this.takeBack(told, durable);
    const [surelyUntil, perhapsUntil] = [now + forMs - roundingMs, now + forMs + roundingMs];
    this.#standing.push({ ...told, surelyUntil, perhapsUntil, durable, toldTo, isOver: false });
  }

  /** What cannot be saved as over comes back with the next process. */
  takeBack(told: Told, durable: boolean): void {
    const now = this.#stage.clock.now;
    for (const standing of this.#standing) {
      if (!isSame(standing, told)) continue;
      standing.surelyUntil = Math.min(standing.surelyUntil, now);
      standing.isOver = true;
    }
    this.#saved(durable);
  }

  /** The wall clock is set, or the machine sleeps: an order may end that much sooner or later. */
  clocksDiffer(byMs: number): void {
    for (const standing of this.#standing) {
      standing.surelyUntil -= byMs;
      standing.perhapsUntil += byMs;
    }
  }

  /** A fresh process knows what was saved. */
  restarted(): void {
    const now = this.#stage.clock.now;
    for (const standing of this.#standing)
      if (!standing.durable) standing.surelyUntil = Math.min(standing.surelyUntil, now);
  }

  isPaused(group: string, process: number): boolean {
    const now = this.#stage.clock.now;
    return this.#standing.some(
      (each) =>
        each.kind === "pause" &&
        (each.group === group || each.group === null) &&
        now < each.surelyUntil &&
        isKnownTo(each, process),
    );
  }

  isDrained(group: string, member: string, process: number): boolean {
    const found = this.#find("drain", group, member);
    return found?.sure === true && isKnownTo(found.standing, process);
  }

  /** @returns the health that is surely forced; `unsure`: it may be forced, one way or the other; null: it is not. */
  forced(group: string, member: string, process: number): Health | "unsure" | null {
    const found = this.#find("force", group, member);
    if (found === null) return null;
    return found.sure && isKnownTo(found.standing, process) ? found.standing.health : "unsure";
  }

  #find(kind: Told["kind"], group: string, member: string): { standing: Standing; sure: boolean } | null {
    const now = this.#stage.clock.now;
    const standing = this.#standing.findLast(
      (each) =>
        each.kind === kind && each.group === group && each.member === member && now <= each.perhapsUntil,
    );
    return standing === undefined ? null : { standing, sure: now < standing.surelyUntil };
  }

  /** A save is of all orders: one that works makes the others durable too, and what is over is gone. */
  #saved(durable: boolean): void {
    const now = this.#stage.clock.now;
    this.#standing = this.#standing.filter(
      ({ perhapsUntil, isOver }) => now < perhapsUntil && !(durable && isOver),
    );
    for (const standing of this.#standing) standing.durable = durable;
  }
}

function isKnownTo({ durable, toldTo }: Standing, process: number): boolean {
  return durable || toldTo === process;
}

function isSame(a: Told, b: Told): boolean {
  return a.kind === b.kind && a.group === b.group && a.member === b.member;
}

/** The file of orders: it outlives processes, and cannot be written while the disk is in trouble. */
export class SimOrderStore implements OrderStore {
  readonly #disk: Pick<SimDisk, "troubleNow">;
  #saved: readonly StoredOrder[] = [];

  constructor(disk: Pick<SimDisk, "troubleNow">) {
    this.#disk = disk;
  }

  load(): readonly StoredOrder[] {
    return this.#saved;
  }

  peek(): readonly StoredOrder[] | null {
    return this.#saved;
  }

  save(orders: readonly StoredOrder[]): string | null {
    const trouble = this.#disk.troubleNow;
    if (trouble === null) this.#saved = orders;
    return trouble === null ? null : `the disk is in trouble (${trouble})`;
  }
}
