/**
 * What a simulated Exoscale zone knows: who holds which Elastic IP, and the operations that change it.
 *
 * An operation: pending → success (the holders change at that moment) | failure | timeout (nothing changes).
 * Attach never takes the address from another holder, so several instances can hold one address.
 */
import { randomUUID } from "node:crypto";
import type { MutationEffect } from "./faults.ts";
import type { ElasticIpSpec, ExoscaleSpec, InstanceSpec } from "./spec.ts";

/** Operations that are remembered; the oldest are forgotten and answer 404, as finished ones may at Exoscale. */
const operationsMax = 10_000;

export interface Operation {
  readonly id: string;
  /** Id of the Elastic IP that it changes. */
  readonly elasticIp: string;
  readonly state: "pending" | "success" | "failure" | "timeout";
  readonly reason: string | null;
  readonly message: string | null;
}

/** Which truth a reader sees: the present one, or the one before the last change. */
export type View = "now" | "before";

interface Holding {
  now: readonly string[];
  before: readonly string[];
}

export class ExoscaleState {
  readonly spec: ExoscaleSpec;
  readonly #onChange: (text: string) => void;
  readonly #holdings = new Map<string, Holding>();
  readonly #operations = new Map<string, Operation>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param onChange Called after each change of the holders, with a sentence that says it. */
  constructor(spec: ExoscaleSpec, onChange: (text: string) => void) {
    this.spec = spec;
    this.#onChange = onChange;
    for (const eip of spec.elasticIps) {
      const ids = eip.holders.flatMap((ref) => this.instance(ref)?.id ?? []);
      this.#holdings.set(eip.id, { now: ids, before: ids });
    }
  }

  /** @returns the instance with this id or name. */
  instance(ref: string): InstanceSpec | undefined {
    return this.spec.instances.find(({ id, name }) => id === ref.toLowerCase() || name === ref);
  }

  /** @returns the Elastic IP with this id or address. */
  elasticIp(ref: string): ElasticIpSpec | undefined {
    return this.spec.elasticIps.find(({ id, ip }) => id === ref.toLowerCase() || ip === ref);
  }

  /** @returns ids of the instances that hold the Elastic IP, in the order in which they got it. */
  holders(eip: ElasticIpSpec, view: View = "now"): readonly string[] {
    return this.#holdings.get(eip.id)?.[view] ?? [];
  }

  operation(id: string): Operation | undefined {
    return this.#operations.get(id.toLowerCase());
  }

  get operations(): readonly Operation[] {
    return [...this.#operations.values()];
  }

  /** Begins an attach or detach, which ends after `spec.operationTimeMs`: as `fault` says, or with success. */
  begin(
    change: "attach" | "detach",
    eip: ElasticIpSpec,
    instance: InstanceSpec,
    fault: MutationEffect | null,
  ): Operation {
    const operation: Operation = {
      id: randomUUID(),
      elasticIp: eip.id,
      state: "pending",
      reason: null,
      message: null,
    };
    this.#remember(operation);
    if (fault?.kind === "stuck") return operation;
    const finish = (): void => {
      if (fault !== null) {
        const { state, reason, message } = fault;
        this.#remember({ ...operation, state, reason, message });
        return;
      }
      this.#remember({ ...operation, state: "success" });
      const others = this.holders(eip).filter((id) => id !== instance.id);
      const stays = change === "attach" && this.holders(eip).includes(instance.id);
      if (!stays) this.setHolders(eip, change === "attach" ? [...others, instance.id] : others);
    };
    if (this.spec.operationTimeMs === 0) finish();
    else this.#later(finish);
    return this.#operations.get(operation.id) ?? operation;
  }

  /** Sets the holders at once, without an operation: an attach or detach has succeeded, or a person did it elsewhere. */
  setHolders(eip: ElasticIpSpec, ids: readonly string[]): void {
    const before = this.holders(eip);
    if (before.length === ids.length && before.every((id, index) => id === ids[index])) return;
    this.#holdings.set(eip.id, { now: ids, before });
    const names = (list: readonly string[]): string =>
      list.map((id) => this.instance(id)?.name ?? id).join(", ") || "nobody";
    this.#onChange(`Elastic IP ${eip.ip}: ${names(before)} -> ${names(ids)}`);
  }

  /** Stops what is pending. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #remember(operation: Operation): void {
    this.#operations.set(operation.id, operation);
    const oldest = this.#operations.keys().next();
    if (this.#operations.size > operationsMax && !oldest.done) this.#operations.delete(oldest.value);
  }

  #later(action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, this.spec.operationTimeMs);
    this.#timers.add(timer);
  }
}
