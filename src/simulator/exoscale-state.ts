/**
 * What a simulated Exoscale zone knows: its Elastic IPs, who holds them, and the operations that change them.
 *
 * An operation: pending → success (the zone changes at that moment) | failure | timeout (nothing changes).
 * Attach never takes the address from another holder, so several instances can hold one address.
 */
import { randomUUID } from "node:crypto";
import type { Change, ElasticIp, Zone } from "./exoscale-changes.ts";
import type { MutationEffect } from "./faults.ts";
import type { ElasticIpSpec, ExoscaleSpec, InstanceSpec } from "./spec.ts";

/** Operations that are remembered; the oldest are forgotten and answer 404, as finished ones may at Exoscale. */
const operationsMax = 10_000;

export interface Operation {
  readonly id: string;
  readonly state: "pending" | "success" | "failure" | "timeout";
  readonly reason: string | null;
  readonly message: string | null;
  /** What it changes: id of the Elastic IP, and how to look at it. */
  readonly reference: { readonly id: string; readonly link: string; readonly command: string };
}

/** Which truth a reader sees: the present one, or the one before the last change. */
export type View = "now" | "before";

/** Anything with the id of an Elastic IP. */
export type ElasticIpRef = Pick<ElasticIp, "id">;

export class ExoscaleState {
  readonly spec: ExoscaleSpec;
  readonly #onChange: (text: string) => void;
  readonly #operations = new Map<string, Operation>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #zones: Record<View, Zone>;

  /** @param onChange Called after each change of an Elastic IP, with a sentence that says it. */
  constructor(spec: ExoscaleSpec, onChange: (text: string) => void) {
    this.spec = spec;
    this.#onChange = onChange;
    const zone = spec.elasticIps.map((eip) => this.#start(eip));
    this.#zones = { now: zone, before: zone };
  }

  /** @returns the instance with this id or name. */
  instance(ref: string): InstanceSpec | undefined {
    return this.spec.instances.find(({ id, name }) => id === ref.toLowerCase() || name === ref);
  }

  elasticIps(view: View = "now"): Zone {
    return this.#zones[view];
  }

  /** @returns the Elastic IP with this id or address. */
  elasticIp(ref: string, view: View = "now"): ElasticIp | undefined {
    return this.#zones[view].find(({ id, ip }) => id === ref.toLowerCase() || ip === ref);
  }

  /** @returns ids of the instances that hold the Elastic IP, in the order in which they got it. */
  holders({ id }: ElasticIpRef, view: View = "now"): readonly string[] {
    return this.#zones[view].find((eip) => eip.id === id)?.holders ?? [];
  }

  operation(id: string): Operation | undefined {
    return this.#operations.get(id.toLowerCase());
  }

  get operations(): readonly Operation[] {
    return [...this.#operations.values()];
  }

  /**
   * Begins an operation, which ends after `spec.operationTimeMs`: as `fault` says, or as the change turns out.
   *
   * @returns the operation as the first answer shows it.
   */
  begin(change: Change, fault: MutationEffect | null): Operation {
    const link = `/v2${change.path}/${change.elasticIp}`;
    const operation: Operation = {
      id: randomUUID(),
      state: "pending",
      reason: null,
      message: null,
      reference: { id: change.elasticIp, link, command: change.command },
    };
    this.#remember(operation);
    if (fault?.kind === "stuck") return operation;
    const finish = (): Operation => this.#finish(operation, change, fault);
    if (this.spec.operationTimeMs === 0 || fault?.atOnce === true) return finish();
    this.#later(this.spec.operationTimeMs, finish);
    return operation;
  }

  /** Sets the holders at once, without an operation: a person did it elsewhere. */
  setHolders({ id }: ElasticIpRef, ids: readonly string[]): void {
    this.#set(this.#zones.now.map((eip) => (eip.id === id ? { ...eip, holders: ids } : eip)));
  }

  /** Stops what is pending. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #start(eip: ElasticIpSpec): ElasticIp {
    const { id, ip, description, healthcheck, labels = {}, reverseDns = null } = eip;
    const holders = eip.holders.flatMap((ref) => this.instance(ref)?.id ?? []);
    return { id, ip, description, healthcheck, labels, domainName: reverseDns, holders };
  }

  #finish(operation: Operation, change: Change, fault: MutationEffect | null): Operation {
    const done = this.#outcome(operation, change, fault);
    this.#remember(done);
    const { operationsKeptMs = null } = this.spec;
    // A first answer that is final can still be asked for, as long as that takes.
    if (operationsKeptMs !== null) {
      this.#later(operationsKeptMs, () => this.#operations.delete(operation.id));
    }
    return done;
  }

  #outcome(operation: Operation, change: Change, fault: MutationEffect | null): Operation {
    if (fault?.kind === "operation-state" && fault.state !== "success") {
      return { ...operation, state: fault.state, reason: fault.reason, message: fault.message };
    }
    const result = change.apply(this.#zones.now);
    if ("reason" in result) return { ...operation, state: "failure", ...result };
    this.#set(result);
    return { ...operation, state: "success" };
  }

  #set(zone: Zone): void {
    const { now } = this.#zones;
    const text = this.#differences(now, zone);
    if (text === "") return;
    this.#zones = { now: zone, before: now };
    this.#onChange(text);
  }

  /** @returns a sentence that says what has changed, empty when nothing has. */
  #differences(before: Zone, after: Zone): string {
    const names = (ids: readonly string[]): string =>
      ids.map((id) => this.instance(id)?.name ?? id).join(", ") || "nobody";
    const kept = after.flatMap((eip): string[] => {
      const old = before.find(({ id }) => id === eip.id);
      if (old === undefined) return [`Elastic IP ${eip.ip} created`];
      if (old.holders.join() !== eip.holders.join()) {
        return [`Elastic IP ${eip.ip}: ${names(old.holders)} -> ${names(eip.holders)}`];
      }
      return JSON.stringify(old) === JSON.stringify(eip) ? [] : [`Elastic IP ${eip.ip} updated`];
    });
    const gone = before.filter(({ id }) => !after.some((eip) => eip.id === id));
    return [...kept, ...gone.map(({ ip }) => `Elastic IP ${ip} deleted`)].join("; ");
  }

  #remember(operation: Operation): void {
    this.#operations.set(operation.id, operation);
    const oldest = this.#operations.keys().next();
    if (this.#operations.size > operationsMax && !oldest.done) this.#operations.delete(oldest.value);
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}
