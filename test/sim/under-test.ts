/** The one place where the real daemon is put together, in the way in which the service does it. */
import { Daemon, type DaemonParts } from "../../src/daemon/daemon.ts";
import type { BoundGroup } from "../../src/daemon/group.ts";
import type { OrderStore } from "../../src/daemon/orders.ts";
import type { People } from "../../src/daemon/people.ts";
import type { GroupSnapshot } from "../../src/daemon/snapshot.ts";
import type { DaemonEvent } from "../../src/daemon/events.ts";
import { DiskJournal } from "../../src/daemon/journal/disk-journal.ts";
import type { JournalDisk } from "../../src/daemon/journal/journal-file.ts";
import { restoredMoves } from "../../src/daemon/journal/restore.ts";
import type { RestoredMoves } from "../../src/daemon/moves.ts";
import { Recorder } from "../../src/daemon/recorder.ts";
import { ProbeScheduler, type SchedulerParts } from "../../src/daemon/engine/scheduler.ts";
import type { OpenWatch } from "../../src/daemon/engine/watches.ts";
import type { SimProcess } from "./process.ts";
import type { Random } from "./random.ts";

export interface UnderTestParts {
  readonly process: SimProcess;
  readonly random: Random;
  readonly selfCheck: DaemonParts["selfCheck"];
  readonly overall: DaemonParts["overall"];
  /** Bound anew each time, as at a reload. */
  readonly groups: () => readonly BoundGroup[];
  readonly proberOf: SchedulerParts["proberOf"];
  readonly openWatch: OpenWatch;
  readonly orderStore: OrderStore;
  readonly disk: JournalDisk;
  /** What the journal says and does, as text. */
  readonly onJournal: (text: string) => void;
  /** Told of what the daemon gets from the journal. */
  readonly onRecovered: (group: string, moves: RestoredMoves) => void;
  readonly emit: (event: DaemonEvent) => void;
}

export interface DaemonUnderTest {
  run(): Promise<void>;
  stop(): void;
  /** Takes the same config over again, with providers that are bound anew. */
  reload(): Promise<void>;
  readonly people: People;
  groups(): readonly GroupSnapshot[];
  /** Everything that it wanted to write so far is in the file. */
  readonly journalIsComplete: boolean;
}

export function startDaemon(parts: UnderTestParts): DaemonUnderTest {
  const { process, random, selfCheck, overall, groups, proberOf, openWatch, orderStore, disk } = parts;
  const { onJournal, onRecovered, emit } = parts;
  // Of what a killed process still believes nothing counts, nor of what closing does.
  let complete = true;
  let durable = true;
  let open = true;
  let deferred = false;
  const journal = new DiskJournal({
    disk,
    clock: process,
    identityOf: (group) => `sim ${group}`,
    onHealth: (health) => {
      if (process.alive && open) durable = health.kind === "durable";
      onJournal(health.kind === "durable" ? "is on the disk again" : `goes on in memory: ${health.why}`);
    },
    onWrite: (result) => {
      if (process.alive && open) complete = result === "ok";
    },
    onNotice: onJournal,
    defer: (write) => {
      deferred = true;
      process.after(0, () => {
        deferred = false;
        write();
      });
    },
  });
  const recorder = new Recorder({ clock: process, journal, version: "sim" });
  const daemon = new Daemon(groups(), {
    clock: process,
    random: () => random.next(),
    selfCheck,
    overall,
    orderStore,
    recover: (group) => {
      const moves = restoredMoves(journal.recover(group), process.now(), process.wallNow());
      onRecovered(group, moves);
      return moves;
    },
    engine: new ProbeScheduler({ clock: process, proberOf, openWatch }),
    emit: (event) => {
      recorder.take(event);
      emit(event);
    },
  });
  return {
    run: async () => {
      recorder.start();
      try {
        await daemon.run();
      } finally {
        open = false;
        recorder.stop();
        journal.close();
      }
    },
    stop: () => daemon.stop(),
    reload: () => daemon.reload(groups(), { selfCheck, overall }),
    people: daemon.people,
    groups: () => daemon.snapshot().groups,
    get journalIsComplete(): boolean {
      return complete && durable && !deferred;
    },
  };
}
