/** One group on a virtual clock: members that answer as told, a fake cloud, and the real daemon between them. */
import { expect } from "vitest";
import type { Cause } from "../../../src/core/cause.ts";
import type { GroupConfig } from "../../../src/config/config.ts";
import type { GroupPolicy } from "../../../src/core/policy.ts";
import { Daemon } from "../../../src/daemon/daemon.ts";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import type { Capabilities } from "../../../src/core/address.ts";
import { defaultPolicy, routes } from "../core/facts-text.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { resultOf, tcpTarget } from "./results.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface StageOptions {
  readonly members?: readonly string[];
  readonly holders?: readonly string[];
  readonly policy?: Partial<GroupPolicy>;
  readonly capabilities?: Capabilities;
  /** So many further groups with the same members, each with a cloud of its own. */
  readonly copies?: number;
  /** Names that are probed to see whether our own network works. */
  readonly canaries?: readonly string[];
  /** Runs a second group whose reconcile loop throws this, once it is told to break. */
  readonly besides?: string;
}

/** Its capabilities cannot be read any more once it breaks: the kind of bug that no one foresees. */
class BrokenCloud extends FakeCloud {
  #bug: string | null = null;
  readonly #words: string;

  constructor(clock: VirtualClock, words: string) {
    super(clock, ["a"]);
    this.#words = words;
    Object.defineProperty(this, "capabilities", {
      get: () => {
        if (this.#bug !== null) throw new Error(this.#bug);
        return routes;
      },
    });
  }

  break(): void {
    this.#bug = this.#words;
  }
}

export class DaemonStage {
  readonly clock: VirtualClock = new VirtualClock();
  readonly cloud: FakeCloud;
  readonly daemon: Daemon;
  readonly events: DaemonEvent[] = [];
  readonly #copies: FakeCloud[] = [];
  readonly #answers = new Map<string, Cause>();
  /** Makes the second group's loop throw. */
  readonly breakBesides: () => void;
  /** What the daemon's run threw. */
  bug: unknown = null;
  #ended = false;

  constructor(options: StageOptions = {}) {
    const names = options.members ?? ["a", "b"];
    const policy = { ...defaultPolicy, ...options.policy };
    this.cloud = new FakeCloud(this.clock, options.holders ?? [names[0]!], options.capabilities);
    const config: GroupConfig = {
      name: "g",
      provider: "p",
      address: { kind: "elastic-ip", elasticIp: "198.51.100.7" },
      policy,
      members: names.map((name) => ({
        name,
        holder: { kind: "instance", instance: name },
        target: tcpTarget({ host: name }),
      })),
    };
    const canaries = (options.canaries ?? []).map((host) =>
      tcpTarget({ host, intervalMs: 3_000, timeoutMs: 1_000 }),
    );
    const besides = new BrokenCloud(this.clock, options.besides ?? "");
    this.breakBesides = () => besides.break();
    const groups = [{ config, provider: this.cloud }];
    for (let i = 1; i < (options.copies ?? 1); i++) {
      const cloud = new FakeCloud(this.clock, this.cloud.holders, options.capabilities);
      this.#copies.push(cloud);
      groups.push({ config: { ...config, name: `g${i}` }, provider: cloud });
    }
    if (options.besides !== undefined)
      groups.push({ config: { ...config, name: "besides" }, provider: besides });
    this.daemon = new Daemon(groups, {
      selfCheck: { canaries, need: 1 },
      clock: this.clock,
      random: () => 0.5,
      probe: async (target) => resultOf(this.#answers.get(target.host) ?? "ok"),
      emit: (event) => this.events.push(event),
    });
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      await this.daemon.run();
    } catch (error) {
      this.bug = error;
    }
    this.#ended = true;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** From now on every probe of the member ends with this cause. */
  answer(member: string, cause: Cause): void {
    this.#answers.set(member, cause);
  }

  /** The rule that decides now, e.g. `steady`. */
  get rule(): string | null {
    return this.daemon.snapshot().groups[0]?.rule ?? null;
  }

  /** The steps of all groups. */
  allCalls(): readonly string[] {
    return [this.cloud, ...this.#copies].flatMap(({ calls }) => calls);
  }

  /** The steps that the provider was asked for, without their times. */
  get steps(): readonly string[] {
    return this.cloud.calls.map((call) => call.replace(/^\d+ /, ""));
  }

  texts(type: DaemonEvent["type"]): readonly string[] {
    return this.events.filter((event) => event.type === type).map(textOf);
  }
}

function textOf(event: DaemonEvent): string {
  switch (event.type) {
    case "decision":
      return `${event.plan.kind} ${event.plan.rule}`;
    case "transition":
      return `${event.member} ${event.to}`;
    case "move-ended":
      return `${event.move.trigger} ${event.outcome}`;
    case "holders":
      return `${event.from.join("+")} > ${event.to.join("+")}${event.ours ? "" : " by hand"}`;
    case "trust":
      return event.distrust?.cause ?? "trusted";
    case "probe":
    case "reading":
    case "move-started":
    case "step-started":
    case "step-ended":
    case "request":
      return event.type;
  }
}

/** Lets time pass until the provider has been asked for so many steps. */
export async function untilCalls(stage: DaemonStage, count: number): Promise<void> {
  for (let i = 0; i < 900 && stage.cloud.calls.length < count; i++) await stage.clock.advance(100);
  expect(stage.cloud.calls.length).toBeGreaterThanOrEqual(count);
}
