/** Puts the daemon together from a config: probes, providers, listeners and the HTTP server. The demo runs this same service. */
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { bindGroups } from "../daemon/bind.ts";
import { systemClock } from "../daemon/clock.ts";
import { Daemon } from "../daemon/daemon.ts";
import type { BoundGroup } from "../daemon/group.ts";
import type { DaemonEvent, Listener } from "../daemon/events.ts";
import { eventLogger } from "../daemon/log.ts";
import { probe } from "../probes/probe.ts";
import { createResolver } from "../probes/resolve.ts";
import { Metrics } from "../server/metrics.ts";
import { createControlApi } from "../server/control-api.ts";
import { openControlSocket, type ControlSocket } from "../server/control-socket.ts";
import { startServer } from "../server/server.ts";
import { statusOf } from "../server/status.ts";
import { eventRecorder } from "../daemon/record.ts";
import type { OrderStore } from "../daemon/orders.ts";
import { restoredMoves } from "../daemon/journal/restore.ts";
import type { Journal, JournalHealth } from "../daemon/journal/journal.ts";
import type { DiskJournalParts } from "../daemon/journal/disk-journal.ts";
import { version } from "../version.ts";

export type JournalListeners = Pick<DiskJournalParts, "onHealth" | "onWrite" | "onNotice">;

export interface ServiceParts {
  readonly log: Logger;
  /** Makes the journal; it is closed when the service has stopped. */
  readonly openJournal: (listeners: JournalListeners) => Journal;
  /** Where the orders of people are kept. */
  readonly orderStore: OrderStore;
  /** Told of every event, after log and metrics. */
  readonly listener?: Listener;
}

export interface Service {
  /** Where metrics and health are served. */
  readonly url: string;
  /** Path of the socket on which people reach it; null: there is none, and the log says why. */
  readonly controlSocket: string | null;
  readonly groups: readonly BoundGroup[];
  /** Resolves when the daemon has stopped and everything is closed; rejects on a bug. */
  readonly done: Promise<void>;
  /** Finishes the steps under way and stops. */
  stop(): void;
}

/** @throws when the HTTP server cannot listen; nothing runs then. */
export async function startService(config: Config, parts: ServiceParts): Promise<Service> {
  const metrics = new Metrics(version);
  metrics.configLoaded(config, systemClock.wallNow());
  const log = eventLogger(parts.log);
  const journal = parts.openJournal({
    onHealth: (health) => logJournalHealth(health, parts.log),
    onWrite: (result) => metrics.journalWritten(result),
    onNotice: (text) => parts.log.warn(text),
  });
  const record = eventRecorder(journal);
  const emit = (event: DaemonEvent): void => {
    record(event);
    metrics.take(event);
    log(event);
    parts.listener?.(event);
  };

  const bound = bindGroups(config, {
    clock: systemClock,
    random: Math.random,
    onRequest: (provider, record) => emit({ type: "request", provider, record }),
  });
  const resolve = createResolver();
  const daemon = new Daemon(bound.groups, {
    selfCheck: config.selfCheck,
    overall: config.overall,
    orderStore: parts.orderStore,
    recover: (group) => restoredMoves(journal.recover(group), systemClock.now(), systemClock.wallNow()),
    clock: systemClock,
    random: Math.random,
    probe: (target, signal) => probe(target, { now: () => systemClock.now(), resolve, signal, version }),
    emit,
  });
  const server = await startServer(config.listen, { metrics, snapshot: () => daemon.snapshot(), version });

  const control = await openControl(config.controlSocket, daemon, parts.log);

  const run = async (): Promise<void> => {
    try {
      await daemon.run();
    } finally {
      await control?.close();
      await server.close();
      await bound.close();
      journal.close();
    }
  };
  return {
    url: server.url,
    controlSocket: control?.path ?? null,
    groups: bound.groups,
    done: run(),
    stop: () => daemon.stop(),
  };
}

/** @returns null when it cannot be had: the daemon then does without. */
async function openControl(
  path: string,
  daemon: Daemon,
  log: Logger,
): Promise<Extract<ControlSocket, { kind: "open" }> | null> {
  const api = createControlApi({
    people: daemon.people,
    status: () => {
      const snapshot = daemon.snapshot();
      const { standing } = daemon.people;
      return statusOf({ snapshot, standing, now: systemClock.now(), version, pid: process.pid });
    },
    onBug: (error) => log.error({ err: error }, `a bug in the control API: ${error.message}`),
  });
  const socket = await openControlSocket(path, api);
  if (socket.kind === "open") return socket;
  log.error(socket.trouble);
  return null;
}

function logJournalHealth(health: JournalHealth, log: Logger): void {
  if (health.kind === "durable") log.warn("the journal is on the disk again");
  else log.error(`the journal goes on in memory, so a restart forgets it: ${health.why}`);
}
