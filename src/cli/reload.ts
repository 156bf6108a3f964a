/**
 * Takes a changed config file over while the daemon runs: as a whole, or not at all. One reload at a time; a file that has a
 * problem leaves everything as it is.
 */
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { LoadResult } from "../config/load.ts";
import { groupsText } from "../config/diff.ts";
import { settledChanges } from "../config/sameness.ts";
import { formatProblem } from "../config/problem.ts";
import type { Bound } from "../daemon/bind.ts";
import type { Daemon } from "../daemon/daemon.ts";
import type { DaemonEvent } from "../daemon/events.ts";
import { signedText, type Reply, type Signed } from "../daemon/people.ts";
import type { Metrics } from "../server/metrics.ts";

const levelOf = { error: "error", warning: "warn" } as const;

export interface ReloadParts {
  readonly config: Config;
  readonly bound: Bound;
  readonly daemon: Daemon;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly wallNow: () => number;
  /** Reads the file again. Null: there is none. */
  readonly load: (() => { readonly path: string; readonly result: LoadResult }) | null;
  readonly bind: (config: Config) => Bound;
  /** Told of the config before anything of it runs. */
  readonly onConfig: (config: Config) => void;
  readonly emit: (event: DaemonEvent) => void;
}

export class Reloader {
  readonly #parts: ReloadParts;
  #config: Config;
  #bound: Bound;
  #trouble: string | null = null;
  /** Connections of configs before that are still in use by a move. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#bound = parts.bound;
  }

  /** @param signed who asks for it. @returns what came of it, in words. */
  reload(signed: Signed): Reply {
    const { load, log, metrics, wallNow, daemon, bind, onConfig, emit } = this.#parts;
    if (load === null) {
      return { kind: "refused", rule: "unfit", text: "This daemon has no config file to reload" };
    }
    if (daemon.isStopping)
      return {
        kind: "refused",
        rule: "unfit",
        text: "This daemon is stopping, and takes no config over any more",
      };
    const { path, result } = load();
    if (!("ok" in result)) {
      for (const problem of result.problems) log[levelOf[problem.severity]](formatProblem(problem, path));
      metrics.configRefused();
      const errors = result.problems.filter(({ severity }) => severity === "error");
      this.#trouble = errors.map((problem) => formatProblem(problem, path)).join("; ");
      const told = signedText(
        signed,
        `reloads ${path}: refused, and the config before goes on: ${this.#trouble}`,
      );
      emit({ type: "order", group: null, act: "reload", by: signed.by, text: told });
      const text = `The config is not taken over, and the one before goes on: ${this.#trouble}`;
      return { kind: "refused", rule: "unfit", text };
    }
    this.#trouble = null;
    for (const warning of result.warnings) log.warn(formatProblem(warning, path));
    const config = result.ok;
    const late = settledChanges(this.#config, config);
    const before = this.#bound;
    const next = bind(config);
    onConfig(config);
    metrics.configLoaded(config, wallNow());
    const text = signedText(signed, `reloads ${path}: ${groupsText(this.#config, config)}`);
    this.#config = config;
    this.#bound = next;
    this.#leave(daemon.reload(next.groups, config), before);
    emit({ type: "order", group: null, act: "reload", by: signed.by, text });
    return { kind: "done", text, warning: lateText(late) };
  }

  /** All that was wrong with the file when it was last read; null: nothing. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** The config that is in use. */
  get config(): Config {
    return this.#config;
  }

  /** Closes the connections of this config and of those before. */
  async close(): Promise<void> {
    await this.#bound.close();
    await Promise.all(this.#leaving);
  }

  #leave(taken: Promise<void>, before: Bound): void {
    const left = taken
      .then(() => before.close())
      .then(() => this.#parts.metrics.forgetOthersThan(this.#config))
      .finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }
}

function lateText(keys: readonly string[]): string | null {
  return keys.length === 0
    ? null
    : `${keys.join(" and ")} changed, which takes effect at the next start only`;
}
