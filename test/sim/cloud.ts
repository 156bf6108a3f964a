/** A hostile cloud for one group: it has a truth, and it answers late, wrongly, twice or never. */
import { stepText, type Capabilities, type Effect, type Reading, type Step } from "../../src/core/address.ts";
import type { HealthcheckReading, Provider } from "../../src/providers/provider.ts";
import type { Healthcheck } from "../../src/core/target.ts";
import type { FaultKind } from "./faults.ts";
import type { SimMember } from "./members.ts";
import { never, type SimProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import { staleMaxMs, type SimTruth, type StepCall } from "./truth.ts";

/** Told of everything that passes between a daemon and the cloud. */
export interface CloudWatcher {
  stepCalled(call: StepCall): void;
  /** The daemon has its answer, or has given up waiting. */
  stepEnded(call: StepCall): void;
  /** Something of this group's cloud goes wrong until this instant. */
  troubled(group: string, until: number): void;
}

export interface CloudParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly truth: SimTruth;
  readonly members: readonly SimMember[];
  readonly capabilities: Capabilities;
  /** The healthchecks that are stored with the address one after another; none: none is asked for. */
  readonly stored: readonly Healthcheck[];
  readonly watcher: CloudWatcher;
}

const lateWorkMaxMs = 30_000;

/** What becomes of a call: when its work is done, and when and how it is answered. Null: never. */
interface Fate {
  readonly workAt: readonly number[];
  readonly answer: { readonly inMs: number; readonly effect: Effect } | null;
  readonly deaf?: true;
}

/** What is answered to old credentials. */
export const noEntry = "401";

/** What one process has bound to the address. */
interface Bound {
  readonly process: SimProcess;
  readonly members: readonly string[];
  readonly key: number;
}

const refused: Fate = {
  workAt: [],
  answer: { inMs: 20, effect: { kind: "rejected", about: "call", detail: noEntry } },
};

const applied: Effect = { kind: "applied", detail: "success" };
const storesNone: HealthcheckReading = { kind: "unusable", detail: "it has no healthcheck", fix: "" };
const noAnswer: Effect = { kind: "uncertain", detail: "no answer" };

export class SimCloud {
  readonly #parts: CloudParts;
  /** Which version of the truth a reading shows. */
  readonly #shown = new WeakMap<Reading, number>();
  #calls = 0;
  /** Credentials are numbered. */
  #key = 0;
  #oldestKey = 0;
  #downUntil = 0;
  #busyUntil = 0;
  /** Which of the healthchecks is stored now; null: none is, or nobody understands it. */
  #stored: number | null = 0;

  constructor(parts: CloudParts) {
    this.#parts = parts;
    const { stage, truth } = parts;
    const random = parts.random.fork("cloud-down");
    stage.every("cloud-down", random, () => {
      const ms = random.wide(5_000, 3_600_000);
      stage.history.fault("cloud-down", `${truth.group} for ${Math.round(ms / 1_000)} s`);
      this.#downUntil = stage.clock.now + ms;
      parts.watcher.troubled(truth.group, this.#downUntil);
    });
    if (parts.stored.length > 0) this.#letHealthcheckChange(parts.random.fork("stored"));
  }

  #letHealthcheckChange(random: Random): void {
    const { stage, truth, stored } = this.#parts;
    const set = (index: number | null): void => {
      this.#stored = index;
      stage.history.add(`${truth.group} stores ${index === null ? "no healthcheck" : nameOf(index)}`);
    };
    stage.every("healthcheck-change", random, () => {
      stage.history.fault("healthcheck-change", truth.group);
      set(random.int(0, stored.length - 1));
    });
    stage.every("healthcheck-gone", random, () => {
      stage.history.fault("healthcheck-gone", truth.group);
      set(null);
      stage.clock.in(random.wide(60_000, 7_200_000), () => {
        if (this.#stored === null) set(random.int(0, stored.length - 1));
      });
    });
  }

  /** @returns the healthcheck of that name; null: there never was any. */
  storedAs(name: string | null): Healthcheck | null {
    return this.#parts.stored.find((_, index) => nameOf(index) === name) ?? null;
  }

  /** Forgets every trouble that is still to come. Work that was begun is done all the same. */
  recover(): void {
    this.#downUntil = 0;
    this.#stored ??= 0;
    this.#busyUntil = Math.min(this.#busyUntil, this.#parts.stage.clock.now + lateWorkMaxMs);
  }

  /** Whoever connects from now on has new credentials; the old ones are good for so long. Milliseconds. */
  replaceKey(afterMs: number): void {
    const key = ++this.#key;
    this.#parts.stage.clock.in(afterMs, () => (this.#oldestKey = Math.max(this.#oldestKey, key)));
  }

  #isRefused(key: number): boolean {
    if (key >= this.#oldestKey) return false;
    const { stage, truth, watcher } = this.#parts;
    watcher.troubled(truth.group, stage.clock.now);
    return true;
  }

  /** @returns the version of the truth that this reading shows, or null when it shows none. */
  versionOf(reading: Reading): number | null {
    return this.#shown.get(reading) ?? null;
  }

  /** The provider as one process of the daemon has it. @param members those that it knows; others are strangers to it. */
  connect(process: SimProcess, members: readonly string[]): Provider {
    const bound = { process, members, key: this.#key };
    return {
      capabilities: this.#parts.capabilities,
      callsOfMove: [],
      callsOfCheck: 1,
      check: async () => [],
      ...(this.#parts.stored.length === 0
        ? {}
        : { readHealthcheck: (signal) => this.#readHealthcheck(bound, signal) }),
      read: (signal) => this.#read(bound, signal),
      execute: (step, signal) => this.#execute(bound, step, signal),
    };
  }

  #read({ process, members, key }: Bound, signal: AbortSignal): Promise<Reading> {
    if (!process.alive) return never();
    const { stage, random, truth } = this.#parts;
    const { clock } = stage;
    stage.onTouch?.(process, "a reading is asked for");
    const now = clock.now;
    if (now < this.#downUntil)
      return this.#after(process, signal, random.int(5, 5_000), () => unknown("503"));
    if (this.#isRefused(key)) return this.#after(process, signal, 20, () => unknown(noEntry));
    if (this.#strikes("read-deaf")) return never();
    if (this.#strikes("read-hang")) return this.#after(process, signal, null, () => unknown("no answer"));
    if (this.#strikes("read-error")) {
      return this.#after(process, signal, random.wide(5, 10_000), () => unknown("500"));
    }
    if (this.#strikes("read-busy"))
      this.#busyUntil = Math.max(this.#busyUntil, now + random.wide(1_000, 60_000));
    const ms = this.#strikes("read-slow") ? random.int(1_000, 20_000) : random.int(20, 600);
    const lookAt = now + Math.floor(ms * random.next());
    const backMs = this.#strikes("read-stale") ? random.int(1, staleMaxMs) : 0;
    return this.#after(process, signal, ms, () => {
      const { holders: all, foreign: strangers, version } = truth.asOf(Math.max(0, lookAt - backMs));
      const holders = all.filter((name) => members.includes(name));
      const foreign = [...strangers, ...all.filter((name) => !members.includes(name))];
      const busy = lookAt < this.#busyUntil ? "an operation is under way" : null;
      const reading: Reading = { kind: "known", holders, foreign, busy };
      this.#shown.set(reading, version);
      return reading;
    });
  }

  async #readHealthcheck({ process, key }: Bound, signal: AbortSignal): Promise<HealthcheckReading> {
    if (!process.alive) return never();
    const { stage, random, stored } = this.#parts;
    const answer = (ms: number | null, make: () => HealthcheckReading): Promise<HealthcheckReading> =>
      this.#after(process, signal, ms, make);
    if (stage.clock.now < this.#downUntil) return answer(random.int(5, 5_000), () => unknown("503"));
    if (this.#isRefused(key)) return answer(20, () => unknown(noEntry));
    if (this.#strikes("read-deaf")) return never();
    if (this.#strikes("read-hang")) return answer(null, () => unknown("no answer"));
    if (this.#strikes("read-error")) return answer(random.wide(5, 10_000), () => unknown("500"));
    return answer(random.int(5, 600), () => {
      const index = this.#stored;
      const check = index === null ? undefined : stored[index];
      return index === null || check === undefined
        ? storesNone
        : { kind: "known", check, text: nameOf(index) };
    });
  }

  /** Answers after `ms` (null: never), or at once when the signal aborts; the process gets it when it is awake. */
  #after<T>(
    process: SimProcess,
    signal: AbortSignal,
    ms: number | null,
    make: () => T,
  ): Promise<T | Unknown> {
    return new Promise((resolve) => {
      const giveUp = (): void => resolve(unknown("aborted"));
      signal.addEventListener("abort", giveUp);
      if (signal.aborted) giveUp();
      const { stage } = this.#parts;
      const answer = (): void => {
        stage.onTouch?.(process, "a reading is answered");
        if (process.alive) resolve(make());
      };
      if (ms !== null) stage.clock.in(ms, () => process.deliver(answer));
    });
  }

  async #execute({ process, key }: Bound, step: Step, signal: AbortSignal): Promise<Effect> {
    if (!process.alive) return never();
    const { stage, random, truth, watcher } = this.#parts;
    const call: StepCall = { id: ++this.#calls, process, group: truth.group, step };
    watcher.stepCalled(call);
    stage.onTouch?.(process, `${stepText(step)} is asked for`);
    if (!process.alive) return never();
    if (this.#strikes("kill-at-call")) {
      process.kill();
      if (random.chance(0.5)) return never();
    }
    const fate = this.#isRefused(key) ? refused : this.#fate(step);
    const work =
      fate.workAt.length === 0 ? "" : `, work after ${fate.workAt.map((ms) => `${ms} ms`).join(", ")}`;
    stage.history.add(
      `  call ${call.id} of ${call.group}: ${fate.answer?.effect.kind ?? "no answer"}${work}`,
    );
    let ended = false;
    const end = (): void => {
      if (!ended) watcher.stepEnded(call);
      ended = true;
    };
    for (const ms of fate.workAt) stage.clock.in(ms, () => this.#work(call, ended || !process.alive));
    if (fate.workAt.length > 0 && random.chance(0.5)) {
      this.#busyUntil = Math.max(this.#busyUntil, stage.clock.now + fate.workAt[0]!);
    }
    stage.onTouch?.(process, `${stepText(step)} is on its way`);
    return new Promise((resolve) => {
      const give = (effect: Effect): void => {
        end();
        stage.onTouch?.(process, `${stepText(step)} is answered`);
        if (process.alive) resolve(effect);
      };
      const giveUp = (): void => (fate.deaf ? end() : give(noAnswer));
      signal.addEventListener("abort", giveUp);
      if (signal.aborted) giveUp();
      const { answer } = fate;
      if (answer !== null) stage.clock.in(answer.inMs, () => process.deliver(() => give(answer.effect)));
    });
  }

  #work(call: StepCall, late: boolean): void {
    const { truth, stage } = this.#parts;
    if (call.step.kind !== "detach" && this.#isGone(call.step)) return;
    truth.carryOut(call.step, stage.clock.now, { by: "daemon", call, late });
    stage.onTouch?.(call.process, `${stepText(call.step)} is done`);
  }

  #isGone(step: Step): boolean {
    return this.#parts.members.some((member) => member.name === step.member && member.deleted);
  }

  #fate(step: Step): Fate {
    const { stage, random } = this.#parts;
    const answerIn = (inMs: number, effect: Effect): Fate["answer"] => ({ inMs, effect });
    const soon = random.int(100, 3_000);
    if (stage.clock.now < this.#downUntil) {
      const effect: Effect = { kind: "rejected", about: "call", detail: "503" };
      return { workAt: [], answer: answerIn(soon, random.chance(0.7) ? effect : noAnswer) };
    }
    const rejected: Effect = { kind: "rejected", detail: "409" };
    if (step.kind !== "detach" && this.#isGone(step)) {
      return { workAt: [], answer: answerIn(soon, rejected) };
    }
    if (this.#strikes("step-deaf")) return { workAt: this.#perhaps(soon), answer: null, deaf: true };
    if (this.#strikes("step-hang")) return { workAt: this.#perhaps(soon), answer: null };
    if (this.#strikes("step-rejected")) return { workAt: [], answer: answerIn(soon, rejected) };
    if (this.#strikes("step-rejected-call")) {
      return { workAt: [], answer: answerIn(soon, { kind: "rejected", about: "call", detail: "429" }) };
    }
    if (this.#strikes("step-lie")) return { workAt: [], answer: answerIn(soon, applied) };
    if (this.#strikes("step-lost-request"))
      return { workAt: [], answer: answerIn(random.wide(100, 40_000), noAnswer) };
    if (this.#strikes("step-lost-reply")) {
      return { workAt: [soon], answer: answerIn(soon + random.wide(100, 40_000), noAnswer) };
    }
    if (this.#strikes("step-late-work")) {
      return { workAt: [soon + random.int(1, lateWorkMaxMs)], answer: answerIn(soon, noAnswer) };
    }
    const twice = this.#strikes("step-twice") ? [soon + random.int(1, lateWorkMaxMs)] : [];
    const workAt = this.#strikes("step-slow") ? random.int(5_000, 50_000) : soon;
    return {
      workAt: [workAt, ...twice.map((ms) => Math.max(ms, workAt))],
      answer: answerIn(workAt + random.int(10, 800), applied),
    };
  }

  #perhaps(ms: number): readonly number[] {
    return this.#parts.random.chance(0.5) ? [ms + this.#parts.random.int(0, lateWorkMaxMs)] : [];
  }

  #strikes(kind: FaultKind): boolean {
    if (!this.#parts.stage.strikes(kind, this.#parts.random)) return false;
    const { stage, truth, watcher } = this.#parts;
    stage.history.fault(kind, truth.group);
    watcher.troubled(truth.group, stage.clock.now);
    return true;
  }
}

/** What a healthcheck is called; it stands for its words. */
function nameOf(index: number): string {
  return `check ${index}`;
}

interface Unknown {
  readonly kind: "unknown";
  readonly detail: string;
}

function unknown(detail: string): Unknown {
  return { kind: "unknown", detail };
}
