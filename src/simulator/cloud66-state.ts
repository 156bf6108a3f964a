/**
 * What a simulated Cloud 66 account knows: its failover groups and which side each of them points to.
 *
 * A flip: busy for `flipTimeMs`, then the current side changes and busy ends together. `dnsDelayMs` later the name follows, which is
 * what the forwarders go by.
 */
import { randomBytes } from "node:crypto";
import type { View } from "./exoscale-state.ts";
import type { MutationEffect } from "./faults.ts";
import type { Cloud66Spec, FailoverGroupSpec, Side, StackSpec } from "./spec.ts";

export interface FailoverGroup {
  readonly uid: string;
  /** Counted from 1. Not the path key: that is the uid. */
  readonly id: number;
  readonly address: string;
  /** Uid of the stack, null: none. */
  readonly primary: string | null;
  readonly secondary: string | null;
  readonly current: Side;
  /** A flip is under way. */
  readonly busy: boolean;
  /** The side that the name resolves to. */
  readonly resolved: Side;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

type GroupChange = Partial<Pick<FailoverGroup, "primary" | "secondary" | "current" | "busy" | "resolved">>;

/** The stacks of a group, by uid; null: none. */
export type Stacks = Pick<FailoverGroup, Side>;

export class Cloud66State {
  readonly spec: Cloud66Spec;
  readonly #onChange: (text: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #groups: Record<View, readonly FailoverGroup[]>;
  #lastId: number;

  /** @param onChange Called after each change of a group, with a sentence that says it. */
  constructor(spec: Cloud66Spec, onChange: (text: string) => void) {
    this.spec = spec;
    this.#onChange = onChange;
    const groups = spec.failoverGroups.map((group, index) => this.#start(group, index + 1));
    this.#groups = { now: groups, before: groups };
    this.#lastId = groups.length;
  }

  /** @returns the stack with this uid or name. */
  stack(ref: string): StackSpec | undefined {
    return this.spec.stacks.find(({ uid, name }) => uid === ref || name === ref);
  }

  group(uid: string, view: View = "now"): FailoverGroup | undefined {
    return this.#groups[view].find((group) => group.uid === uid);
  }

  groups(view: View = "now"): readonly FailoverGroup[] {
    return this.#groups[view];
  }

  /** Makes a group that points to `current` at once. */
  create(stacks: Stacks, current: Side): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const uid = randomBytes(6).toString("hex");
    // As its pages say: the endpoint pages show an address, the model pages a name. From a range for documentation.
    const address =
      this.spec.dialect === "elastic-addresses" ? `192.0.2.${id % 256}` : `${uid}.failover.example.com`;
    const group = newGroup({ uid, id, address, ...stacks, current });
    this.#set([...this.#groups.now, group], `Failover group ${uid}: created`);
  }

  delete(uid: string): void {
    const kept = this.#groups.now.filter((group) => group.uid !== uid);
    this.#set(kept, `Failover group ${uid}: deleted`);
  }

  /** Begins a flip to `side`. `fault` decides how it ends; null: the group points to `side`. */
  flip(uid: string, side: Side, fault: MutationEffect | null): void {
    this.#change(uid, { busy: true }, `flip to ${side} begins`);
    if (fault?.kind === "stuck") return;
    this.#later(this.spec.flipTimeMs, () => {
      if (fault === null) this.setCurrent(uid, side);
      else
        this.#change(
          uid,
          { busy: false },
          `flip to ${side} ends without effect: ${fault.state}, ${fault.reason}`,
        );
    });
  }

  /** Points the group to `side` at once: a flip has ended, or a person did it elsewhere. */
  setCurrent(uid: string, side: Side): void {
    this.#change(uid, { busy: false, current: side }, `current stack is ${side}`);
    this.#later(this.spec.dnsDelayMs, () => {
      const group = this.group(uid);
      if (group?.current === side && group.resolved !== side) {
        this.#change(uid, { resolved: side }, `the name resolves to ${side}`);
      }
    });
  }

  setStacks(uid: string, { primary, secondary }: Stacks): void {
    const names = [primary, secondary].map((stack) => (stack === null ? "none" : stack)).join(" and ");
    this.#change(uid, { primary, secondary }, `the stacks are ${names}`);
  }

  /** Stops what is under way. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #start({ uid, address, primary, secondary, current }: FailoverGroupSpec, id: number): FailoverGroup {
    const uidOf = (ref: string | null): string | null =>
      ref === null ? null : (this.stack(ref)?.uid ?? null);
    return newGroup({ uid, id, address, primary: uidOf(primary), secondary: uidOf(secondary), current });
  }

  #change(uid: string, change: GroupChange, text: string): void {
    // Gone meanwhile.
    if (this.group(uid) === undefined) return;
    const updatedAt = new Date().toISOString();
    const changed = (group: FailoverGroup): FailoverGroup =>
      group.uid === uid ? { ...group, ...change, updatedAt } : group;
    this.#set(this.#groups.now.map(changed), `Failover group ${uid}: ${text}`, change.resolved === undefined);
  }

  /** @param visible The API shows the change, so that a stale read can miss it; what a name resolves to is not shown. */
  #set(groups: readonly FailoverGroup[], text: string, visible: boolean = true): void {
    const { now, before } = this.#groups;
    this.#groups = { now: groups, before: visible ? now : before };
    this.#onChange(text);
  }

  #later(ms: number, action: () => void): void {
    if (ms === 0) {
      action();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}

function newGroup(
  group: Pick<FailoverGroup, "uid" | "id" | "address" | "primary" | "secondary" | "current">,
): FailoverGroup {
  const now = new Date().toISOString();
  return { ...group, busy: false, resolved: group.current, createdAt: now, updatedAt: now };
}
