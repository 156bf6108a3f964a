/** The one place where the real daemon is put together; whatever it will need besides is plugged in here. */
import type { ProbeResult } from "../../src/core/probe-result.ts";
import type { Target } from "../../src/core/target.ts";
import { Daemon, type BoundGroup, type DaemonParts } from "../../src/daemon/daemon.ts";
import { noOrderStore } from "../../src/daemon/orders.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";
import type { SimProcess } from "./process.ts";
import type { Random } from "./random.ts";

export interface UnderTestParts {
  readonly process: SimProcess;
  readonly random: Random;
  readonly selfCheck: DaemonParts["selfCheck"];
  readonly overall: DaemonParts["overall"];
  readonly groups: readonly BoundGroup[];
  readonly probe: (target: Target) => Promise<ProbeResult>;
  readonly emit: (event: DaemonEvent) => void;
}

export type DaemonUnderTest = Pick<Daemon, "run" | "stop">;

export function startDaemon(parts: UnderTestParts): DaemonUnderTest {
  const { process, random, selfCheck, overall, groups, probe, emit } = parts;
  return new Daemon(groups, {
    clock: process,
    random: () => random.next(),
    selfCheck,
    overall,
    orderStore: noOrderStore,
    // No journal: every process starts with nothing but the cloud's truth.
    recover: () => null,
    probe,
    emit,
  });
}
