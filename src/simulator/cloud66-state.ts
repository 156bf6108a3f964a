/**
 * What a simulated Cloud 66 account knows: its failover groups and which side each of them points to.
 *
 * A flip: busy for `flipTimeMs`, then the current side changes and busy ends together. `dnsDelayMs` later the name follows, which is
 * what the forwarders go by.
 */
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

export class Cloud66State {
  readonly spec: Cloud66Spec;
  readonly #onChange: (text: string) => void;
  readonly #groups = new Map<string, Record<View, FailoverGroup>>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param onChange Called after each change of a group, with a sentence that says it. */
  constructor(spec: Cloud66Spec, onChange: (text: string) => void) {
    this.spec = spec;
    this.#onChange = onChange;
    for (const [index, group] of spec.failoverGroups.entries()) {
      const now = this.#start(group, index + 1);
      this.#groups.set(group.uid, { now, before: now });
    }
  }

  /** @returns the stack with this uid or name. */
  stack(ref: string): StackSpec | undefined {
    return this.spec.stacks.find(({ uid, name }) => uid === ref || name === ref);
  }

  group(uid: string, view: View = "now"): FailoverGroup | undefined {
    return this.#groups.get(uid)?.[view];
  }

  groups(view: View = "now"): readonly FailoverGroup[] {
    return [...this.#groups.values()].map((group) => group[view]);
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

  /** Takes the stack out of the group. */
  removeStack(uid: string, side: Side): void {
    this.#change(uid, { [side]: null }, `${side} stack removed`);
  }

  /** Stops what is under way. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #start(group: FailoverGroupSpec, id: number): FailoverGroup {
    const now = new Date().toISOString();
    const uidOf = (ref: string | null): string | null =>
      ref === null ? null : (this.stack(ref)?.uid ?? null);
    return {
      uid: group.uid,
      id,
      address: group.address,
      primary: uidOf(group.primary),
      secondary: uidOf(group.secondary),
      current: group.current,
      busy: false,
      resolved: group.current,
      createdAt: now,
      updatedAt: now,
    };
  }

  #change(uid: string, change: GroupChange, text: string): void {
    const group = this.group(uid);
    if (group === undefined) return;
    this.#groups.set(uid, {
      now: { ...group, ...change, updatedAt: new Date().toISOString() },
      // The API does not show what the name resolves to, so that is no change that a stale read could miss.
      before: change.resolved === undefined ? group : (this.group(uid, "before") ?? group),
    });
    this.#onChange(`Failover group ${uid}: ${text}`);
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
