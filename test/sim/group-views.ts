/**
 * All groups of one process, as it has them now. A reload is followed here in the way in which it is promised (decision 0010): the same
 * group takes the new config over between two moves, another one of the same name begins when the one before has ended its move.
 */
import { identityOf, type Written } from "./config-file.ts";
import { GroupView } from "./group-view.ts";
import type { OrderBook } from "./orders.ts";
import type { SimProcess } from "./process.ts";

export class GroupViews {
  readonly process: SimProcess;
  readonly #orders: OrderBook;
  readonly #views = new Map<string, GroupView>();
  /** What it has read last. Limits over all groups count from that moment on. */
  written: Written;

  constructor(process: SimProcess, written: Written, orders: OrderBook) {
    this.process = process;
    this.#orders = orders;
    this.written = written;
    for (const group of written.groups)
      this.#views.set(group.config.name, new GroupView(group, process, orders));
  }

  get(group: string): GroupView | null {
    return this.#views.get(group) ?? null;
  }

  /** Also of groups that have left, as long as nobody took their names. */
  get all(): Iterable<GroupView> {
    return this.#views.values();
  }

  /** Those of the config. */
  get wanted(): readonly GroupView[] {
    return [...this.#views.values()].filter(({ isWanted }) => isWanted);
  }

  reload(written: Written): void {
    this.written = written;
    for (const view of this.#views.values()) {
      const group = written.groups.find(({ config }) => config.name === view.config.name);
      if (group === undefined) {
        view.isWanted = false;
        view.letGo();
      } else if (view.isLeaving) continue;
      else if (identityOf(group) === view.identity) view.reload(group);
      else view.letGo();
    }
  }

  /** Whoever has not been replaced by now is waited for by another one of its name. */
  reloadBegun(): void {
    for (const view of this.#views.values()) {
      if (this.written.groups.some(({ config }) => config.name === view.config.name)) view.isWanted = true;
    }
  }

  /** The daemon has made a group of this name. @returns it and the one before, null: it was there at the start. */
  created(name: string): { readonly before: GroupView | null; readonly after: GroupView } | null {
    const before = this.get(name);
    if (before?.isLeaving === false) return null;
    const group = this.written.groups.find(({ config }) => config.name === name);
    if (group === undefined) return null;
    const after = new GroupView(group, this.process, this.#orders, before);
    this.#views.set(name, after);
    return { before, after };
  }
}
