/** The one place where the real daemon is put together, in the way in which the service does it. */
import { Daemon, type DaemonSettings } from "../../src/daemon/daemon.ts";
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

export interface BoundConfig extends DaemonSettings {
  readonly groups: readonly BoundGroup[];
}

export interface UnderTestParts {
  readonly process: SimProcess;
  readonly random: Random;
  /** What the config file says, bound anew each time. */
  readonly bind: () => BoundConfig;
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
  /** Takes over what the config file says now, with providers that are bound anew. @returns once nothing is left of the config before. */
  reload(): Promise<void>;
  readonly isStopping: boolean;
  readonly people: People;
  groups(): readonly GroupSnapshot[];
  /** Everything that it wanted to write so far is in the file. */
  readonly journalIsComplete: boolean;
  /** The same, but for what is written before it is read again. */
  readonly journalIsKept: boolean;
}

export function startDaemon(parts: UnderTestParts): DaemonUnderTest {
  const { process, random, bind, proberOf, openWatch, orderStore, disk } = parts;
  const { onJournal, onRecovered, emit } = parts;
  // Of what a killed process still believes nothing counts, nor of what closing does.
  let complete = true;
  let durable = true;
  let open = true;
  // Entries were not handed to the disk yet. Those at which a process is killed count as handed over: nothing was done because of them.
  let waiting = false;
  const first = bind();
  const journal = new DiskJournal({
    disk: {
      ...disk,
      open: (busyMs) => {
        const file = disk.open(busyMs);
        const insert = file.insert.bind(file);
        file.insert = (all): void => {
          if (process.alive) waiting = false;
          insert(all);
        };
        return file;
      },
    },
    clock: process,
    onHealth: (health) => {
      if (process.alive && open) durable = health.kind === "durable";
      onJournal(health.kind === "durable" ? "is on the disk again" : `goes on in memory: ${health.why}`);
    },
    onWrite: (result) => {
      if (!process.alive || !open) return;
      waiting = false;
      complete = result === "ok";
    },
    onNotice: onJournal,
    defer: (write) => void process.after(0, write),
  });
  const append = journal.append.bind(journal);
  journal.append = (entry): void => {
    if (process.alive && open) waiting = true;
    append(entry);
  };
  const recorder = new Recorder({ clock: process, journal, version: "sim" });
  const daemon = new Daemon(first.groups, {
    clock: process,
    random: () => random.next(),
    selfCheck: first.selfCheck,
    overall: first.overall,
    orderStore,
    recover: (group, identity) => {
      const past = journal.recover(group, `sim ${identity}`);
      const moves = restoredMoves(past, process.now(), process.wallNow());
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
    reload: () => {
      const next = bind();
      return daemon.reload(next.groups, next);
    },
    get isStopping(): boolean {
      return daemon.isStopping;
    },
    people: daemon.people,
    groups: () => daemon.snapshot().groups,
    get journalIsComplete(): boolean {
      return complete && durable && !waiting;
    },
    get journalIsKept(): boolean {
      return complete && durable;
    },
  };
}
