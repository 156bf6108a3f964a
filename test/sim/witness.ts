/** Somebody who listens to what the processes tell, and compares it at random instants with what they think. */
import type { DaemonEvent } from "../../src/daemon/events.ts";
import type { GroupSnapshot } from "../../src/daemon/snapshot.ts";
import type { SimProcess } from "./process.ts";
import type { Running } from "./processes.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

export interface Witness {
  hears(event: DaemonEvent, process: SimProcess): void;
  /** Between two events, while the process is neither dead nor frozen. */
  sees(groups: readonly GroupSnapshot[], process: SimProcess): void;
}

/** From look to look, on average. Milliseconds. */
const meanMs = 90_000;

/** Lets the witness, if there is one, look at this process for as long as it lives. */
export function letWitness(stage: Stage, random: Random, { process, daemon }: Running): void {
  const { witness, clock } = stage;
  if (witness === null) return;
  const next = (): void => {
    clock.in(random.wait(meanMs), () => {
      if (!process.alive) return;
      if (!process.frozen) witness.sees(daemon.groups(), process);
      next();
    });
  };
  next();
}
