/** The way through the address of one group, as its clients reach it: whoever holds the address in truth answers, if he is up. */
import type { Cause } from "../../src/core/cause.ts";
import type { Target } from "../../src/core/target.ts";
import { answerLater, type MonitorNet, type OnResult, type SimMember } from "./members.ts";
import type { SimProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import type { SimTruth } from "./truth.ts";

export interface SimPathParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly net: MonitorNet;
  readonly truth: SimTruth;
  readonly members: readonly SimMember[];
}

export class SimPath {
  readonly #parts: SimPathParts;
  #blockedUntil = 0;

  constructor(parts: SimPathParts) {
    this.#parts = parts;
    const { stage, random, truth } = parts;
    const own = random.fork("address-dead");
    stage.every("address-dead", own, () => {
      const ms = own.wide(5_000, 3_600_000);
      stage.history.fault("address-dead", `${truth.group} for ${Math.round(ms / 1_000)} s`);
      this.#blockedUntil = stage.clock.now + ms;
    });
  }

  recover(): void {
    this.#blockedUntil = 0;
  }

  probe(target: Target, process: SimProcess, onResult: OnResult): void {
    if (!process.alive) return;
    const { stage, random } = this.#parts;
    const cause = this.#look();
    const ms = cause === "ok" || cause === "refused" ? random.int(1, 40) : target.timeoutMs;
    answerLater({ cause, ms }, stage.clock, process, onResult);
  }

  #look(): Cause {
    const { stage, net, truth, members, random } = this.#parts;
    if (net.state === "inconclusive") return "local-network";
    if (net.state === "isolated" || stage.clock.now < this.#blockedUntil) return "connect-timeout";
    const holders = members.filter(({ name }) => truth.now.holders.includes(name));
    if (holders.length === 0) return "connect-timeout";
    return random.pick(holders).service === "up" ? "ok" : "refused";
  }
}
