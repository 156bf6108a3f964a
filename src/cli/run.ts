/** `failoverd run`: the daemon as a service. */
import type { Logger } from "pino";
import { formatProblem } from "../config/problem.ts";
import { loadConfigFile } from "../config/load.ts";
import { systemClock } from "../daemon/clock.ts";
import type { Journal } from "../daemon/journal/journal.ts";
import { DiskJournal } from "../daemon/journal/disk-journal.ts";
import { sqliteDisk } from "../daemon/journal/sqlite-file.ts";
import { OrderFile } from "../daemon/order-file.ts";
import { version } from "../version.ts";
import { loadConfig } from "./config-option.ts";
import { collectOnce } from "./memory-settings.ts";
import { createLogger, type LogOptions } from "./logger.ts";
import { startService, type JournalListeners, type Service, type ServiceParts } from "./service.ts";
import { FileWatch } from "./file-watch.ts";

/** By then the first round of most configs is over, and nobody waits for the start any more. Milliseconds. */
const startMs = 1_000;

export interface RunOptions extends LogOptions {
  readonly config?: string;
  /** Takes the config over whenever its file changes. */
  readonly watch: boolean;
}

export async function run(options: RunOptions): Promise<void> {
  const { config, warnings, path, files } = loadConfig(options.config);
  const log = createLogger(options);
  for (const warning of warnings) log.warn(formatProblem(warning, path));
  const openJournal = (listeners: JournalListeners): Journal =>
    new DiskJournal({
      ...listeners,
      disk: sqliteDisk(config.stateDir),
      clock: systemClock,
      defer: (write) => void setImmediate(write),
    });
  const orderStore = new OrderFile({
    stateDir: config.stateDir,
    wallNow: () => systemClock.wallNow(),
    onNotice: (text) => log.error(text),
  });
  const watch = options.watch ? new FileWatch(() => service.reload("a change of the file")) : null;
  const reloadConfig = (): ReturnType<NonNullable<ServiceParts["reloadConfig"]>> => {
    const { result, files } = loadConfigFile(path, process.env);
    watch?.follow(files);
    return { path, result };
  };
  const service = await startService(config, { log, openJournal, orderStore, reloadConfig });
  const groups = config.groups.map((group) => group.name).join(", ");
  const { url, controlSocket } = service;
  log.info({ url, controlSocket, config: path, version }, `failoverd ${version} watches ${groups}`);
  stopOnSignals(service, log);
  process.on("SIGHUP", () => service.reload("SIGHUP"));
  watch?.follow(files);
  const forgetStart = setTimeout(collectOnce, startMs);
  await service.done;
  clearTimeout(forgetStart);
  watch?.close();
  log.info("stopped");
}

/** The first signal finishes the step under way and ends with 0, the second one ends at once. */
function stopOnSignals(service: Service, log: Logger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals, number: number): void => {
    if (stopping) process.exit(128 + number);
    stopping = true;
    log.info(`${signal}: finishing the step under way; a second signal exits at once`);
    service.stop();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}
