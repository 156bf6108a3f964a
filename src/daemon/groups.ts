/**
 * The groups of the daemon: which of them run, which wait, and which come to their end.
 *
 *   in the config   before                                       then
 *   yes             it runs, the same at its provider            takes the config over between two moves
 *   yes             none, or one that is let go and not moving   begins now
 *   yes             one that is let go still moves its address   waits for the end of that one, which is shown meanwhile
 *   no              it runs                                      let go: ends what it must, and its address is not touched
 */
import { Group, type BoundGroup, type GroupParts } from "./group.ts";
import type { StopSignals } from "./reconciler-parts.ts";

export interface GroupsParts extends Pick<StopSignals, "stop" | "abort"> {
  /** The same for all of them. */
  readonly each: GroupParts;
  /** Told of a reconcile loop that broke. */
  readonly onBug: (reason: unknown) => void;
}

export class Groups {
  readonly #parts: GroupsParts;
  /** Those of the config. */
  #wanted: readonly BoundGroup[];
  #all: readonly Group[];
  #byName: ReadonlyMap<string, Group>;
  /** One that is wanted waits. */
  #isWaiting = false;
  /** Also of those that have been let go. */
  readonly #loops = new Map<Group, Promise<void>>();

  constructor(wanted: readonly BoundGroup[], parts: GroupsParts) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.#all = wanted.map((bound) => this.#create(bound));
    this.#byName = byName(this.#all);
  }

  /** In the order of the config, each once. */
  get all(): readonly Group[] {
    return this.#all;
  }

  get(name: string): Group | undefined {
    return this.#byName.get(name);
  }

  start(): void {
    for (const group of this.#all) this.#start(group);
  }

  /** They begin nothing new, and finish the steps under way. One that is wanted later is none. */
  stop(): void {
    for (const group of this.#loops.keys()) group.stop();
  }

  /** @returns once all have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#loops.values());
  }

  /** Goes on with the groups of another config. @returns once nothing is left of the one before. */
  async reload(wanted: readonly BoundGroup[]): Promise<void> {
    const boundTo = new Map(wanted.map((bound) => [bound.config.name, bound]));
    const taken = this.#all.map((group) => {
      const bound = boundTo.get(group.config.name);
      if (bound?.identity === group.identity && !group.isLeaving) return group.reload(bound);
      group.letGo();
      return this.#loops.get(group) ?? Promise.resolve();
    });
    this.#wanted = wanted;
    this.#arrange();
    await Promise.all(taken);
  }

  /** Starts those that are wanted, do not run, and have nobody in their way. */
  #arrange(): void {
    const leaving = [...this.#loops.keys()].filter((group) => group.isLeaving && group.isMoving);
    const fresh: Group[] = [];
    const awaited = new Set<Group>();
    const shown = this.#wanted.map((bound) => {
      const known = this.get(bound.config.name) ?? null;
      if (known?.isLeaving === false) return known;
      const blockers = leaving.filter((group) => isInTheWay(group, bound));
      const [blocker] = blockers;
      if (blocker !== undefined) {
        for (const each of blockers) awaited.add(each);
        return known !== null && blockers.includes(known) ? known : blocker;
      }
      const created = this.#create(bound, known);
      fresh.push(created);
      return created;
    });
    for (const group of leaving) group.giveWay(awaited.has(group));
    this.#isWaiting = awaited.size > 0;
    this.#all = [...new Set(shown)];
    this.#byName = byName(this.#all);
    for (const group of fresh) this.#start(group);
  }

  #create(bound: BoundGroup, before: Group | null = null): Group {
    return new Group(bound, this.#parts.each, before);
  }

  #start(group: Group): void {
    // A reload before the start has begun it already.
    if (this.#loops.has(group)) return;
    if (this.#parts.stop.aborted) group.stop();
    this.#loops.set(group, this.#loop(group));
  }

  async #loop(group: Group): Promise<void> {
    const { stop, abort, onBug } = this.#parts;
    try {
      await group.run({ abort });
    } catch (error) {
      onBug(error);
    } finally {
      this.#loops.delete(group);
      if (this.#isWaiting && !stop.aborted) this.#arrange();
    }
  }
}

/** Two groups on one address would act over one another. Names of providers may have changed, so they tell nothing. */
function isInTheWay({ config }: Group, bound: BoundGroup): boolean {
  return config.name === bound.config.name || config.address.id === bound.config.address.id;
}

function byName(groups: readonly Group[]): ReadonlyMap<string, Group> {
  return new Map(groups.map((group) => [group.config.name, group]));
}
