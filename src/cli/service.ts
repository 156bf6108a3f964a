/** Puts the daemon together from a config: probes, providers, listeners and the HTTP server. The demo runs this same service. */
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { bindGroups, type Bound } from "../daemon/bind.ts";
import { systemClock } from "../daemon/clock.ts";
import { Daemon } from "../daemon/daemon.ts";
import { ProbeThread } from "../daemon/engine/probe-thread.ts";
import type { BoundGroup } from "../daemon/group.ts";
import type { Listener } from "../daemon/events.ts";
import { eventLogger } from "../daemon/log.ts";
import { Metrics } from "../server/metrics.ts";
import type { ApiParts } from "../server/api/operation.ts";
import { createControlApi } from "../server/control-api.ts";
import { openControlSocket, type ControlSocket } from "../server/control-socket.ts";
import { EventFeed } from "../server/event-feed.ts";
import { startServer, type ServerHandle } from "../server/server.ts";
import { statusOf } from "../server/api/status.ts";
import { publicConfig } from "../config/public.ts";
import type { Reply } from "../daemon/people.ts";
import { Reloader, type ReloadParts } from "./reload.ts";
import { Recorder } from "../daemon/recorder.ts";
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
  /** Reads the config file again. Null: there is none, so nothing can be reloaded. */
  readonly reloadConfig: ReloadParts["load"] | null;
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
  /** Takes the config file over again; what comes of it is in the log too. */
  reload(by: string): Reply;
}

/** @throws when the HTTP server cannot listen; nothing runs then. */
export async function startService(config: Config, parts: ServiceParts): Promise<Service> {
  const metrics = new Metrics(version);
  metrics.configLoaded(config, systemClock.wallNow());
  const journal = parts.openJournal(journalListeners(metrics, parts.log));
  const recorder = new Recorder({ clock: systemClock, journal, version });
  const feed = new EventFeed({ clock: systemClock, onBug: (error) => logBug(error, parts.log) });
  const emit = listenersOf({ recorder, metrics, feed }, parts);

  const bindTo = (config: Config): Bound =>
    bindGroups(config, {
      clock: systemClock,
      random: Math.random,
      onRequest: (provider, record) => emit({ type: "request", provider, record }),
      onTraffic: (provider, news) => emit({ type: "traffic", provider, news }),
    });
  const bound = bindTo(config);
  const daemon = new Daemon(bound.groups, {
    selfCheck: config.selfCheck,
    overall: config.overall,
    orderStore: parts.orderStore,
    recover: (group, identity) =>
      restoredMoves(journal.recover(group, identity), systemClock.now(), systemClock.wallNow()),
    clock: systemClock,
    random: Math.random,
    engine: new ProbeThread({
      clock: systemClock,
      settings: { version },
      onCrash: (why, restartInMs) => emit({ type: "probe-crash", why, restartInMs }),
    }),
    emit,
  });
  const api = apiOf({
    daemon,
    reloader: () => reloader,
    feed,
    past: recorder.past,
    log: parts.log,
  });
  const server = await startServer(config, { metrics, snapshot: () => daemon.snapshot(), version, api });

  const reloader = new Reloader({
    config,
    bound,
    daemon,
    metrics,
    log: parts.log,
    wallNow: () => systemClock.wallNow(),
    load: parts.reloadConfig,
    bind: bindTo,
    onConfig: (next) => server.reload(next.api),
    emit,
  });
  const control = await openControl(config.controlSocket, api, parts.log);

  return {
    url: server.url,
    controlSocket: control?.path ?? null,
    groups: bound.groups,
    done: run({ daemon, recorder, journal, server, control, reloader }),
    stop: () => daemon.stop(),
    reload: (by) => reloader.reload({ by }),
  };
}

interface Running {
  readonly daemon: Daemon;
  readonly recorder: Recorder;
  readonly journal: Journal;
  readonly server: ServerHandle;
  readonly control: Extract<ControlSocket, { kind: "open" }> | null;
  readonly reloader: Reloader;
}

/** @returns when the daemon has stopped and everything is closed. */
async function run({ daemon, recorder, journal, server, control, reloader }: Running): Promise<void> {
  recorder.start();
  try {
    await daemon.run();
  } finally {
    await control?.close();
    await server.close();
    await reloader.close();
    recorder.stop();
    journal.close();
  }
}

interface Listening {
  readonly recorder: Recorder;
  readonly metrics: Metrics;
  readonly feed: EventFeed;
}

/**
 * The journal is first, so that what must be synced, such as a step, is on the disk before anybody else is told of it. An intent may be
 * heard of before: it goes to the disk with its first step.
 */
function listenersOf({ recorder, metrics, feed }: Listening, parts: ServiceParts): Listener {
  const listeners: readonly Listener[] = [
    (event) => recorder.take(event),
    (event) => metrics.take(event),
    eventLogger(parts.log),
    (event) => feed.take(event),
    ...(parts.listener === undefined ? [] : [parts.listener]),
  ];
  return (event) => listeners.forEach((listener) => listener(event));
}

interface Asked extends Pick<ApiParts, "past" | "feed"> {
  readonly reloader: () => Reloader;
  readonly daemon: Daemon;
  readonly log: Logger;
}

/** What can be asked of this daemon, whoever asks. */
function apiOf({ daemon, reloader, feed, past, log }: Asked): ApiParts {
  return {
    people: daemon.people,
    reload: (by) => reloader().reload(by),
    feed,
    past,
    situationOf: (group) => daemon.situationOf(group),
    wallNow: () => systemClock.wallNow(),
    status: () => {
      const snapshot = daemon.snapshot();
      const { standing } = daemon.people;
      const parts = { snapshot, standing, version, pid: process.pid, configTrouble: reloader().trouble };
      return statusOf({ ...parts, now: systemClock.now() });
    },
    config: () => ({ version, config: publicConfig(reloader().config) }),
    onBug: (error) => logBug(error, log),
  };
}

function logBug(error: Error, log: Logger): void {
  log.error({ err: error }, `a bug in the server: ${error.message}`);
}

/** @returns null when it cannot be had: the daemon then does without. */
async function openControl(
  path: string,
  api: ApiParts,
  log: Logger,
): Promise<Extract<ControlSocket, { kind: "open" }> | null> {
  const socket = await openControlSocket(path, await createControlApi(api));
  if (socket.kind === "open") return socket;
  log.error(socket.trouble);
  return null;
}

function journalListeners(metrics: Metrics, log: Logger): JournalListeners {
  return {
    onHealth: (health) => logJournalHealth(health, log),
    onWrite: (result) => metrics.journalWritten(result),
    onNotice: (text) => log.warn(text),
  };
}

function logJournalHealth(health: JournalHealth, log: Logger): void {
  if (health.kind === "durable") log.warn("the journal is on the disk again");
  else log.error(`the journal goes on in memory, so a restart forgets it: ${health.why}`);
}
