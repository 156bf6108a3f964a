/** The control API on a real socket, in front of a real daemon on a virtual clock. */
import { publicConfig } from "../../../src/config/public.ts";
import { exoscale, load } from "../../unit/config/sample.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askDaemon } from "../../../src/server/client.ts";
import type { Endpoint } from "../../../src/server/endpoint.ts";
import type { ApiParts } from "../../../src/server/api/operation.ts";
import { createControlApi } from "../../../src/server/control-api.ts";
import { openControlSocket, type ControlSocket } from "../../../src/server/control-socket.ts";
import { EventFeed } from "../../../src/server/event-feed.ts";
import { statusOf, type Status } from "../../../src/server/api/status.ts";
import { DaemonStage, type StageOptions } from "../../unit/daemon/stage.ts";

export interface Answered {
  readonly status: number;
  readonly json: unknown;
}

export class ControlStage implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "failoverd-control-"));
  readonly path: string = join(this.folder, "control.sock");
  readonly daemon: DaemonStage;
  /** Why the config cannot be reloaded; null: it can. */
  configTrouble: string | null = null;
  readonly bugs: Error[] = [];
  /** Of this process. */
  feed: EventFeed;
  #socket: ControlSocket | null = null;

  private constructor(options: StageOptions, keptMax: number | undefined) {
    this.daemon = new DaemonStage(options);
    this.feed = new EventFeed({
      clock: this.daemon.clock,
      onBug: (error) => this.bugs.push(error),
      ...(keptMax === undefined ? {} : { keptMax }),
    });
    this.daemon.listeners.push((event) => this.feed.take(event));
  }

  /** A daemon after its first round, that can be asked. @param keptMax how many events are kept for those who listen. */
  static async start(options: StageOptions = {}, keptMax?: number): Promise<ControlStage> {
    const stage = new ControlStage(options, keptMax);
    await stage.daemon.clock.advance(60_000);
    stage.#socket = await stage.open();
    if (stage.#socket.kind === "none") throw new Error(stage.#socket.trouble);
    return stage;
  }

  /** Another socket of the same daemon. @param timeoutMs for a request to arrive. */
  async open(path: string = this.path, timeoutMs?: number): Promise<ControlSocket> {
    return openControlSocket(path, await createControlApi(this.api, timeoutMs));
  }

  /** What can be asked of the daemon, whatever it is served on. */
  get api(): ApiParts {
    const { daemon, clock } = this.daemon;
    const status = (): Status =>
      statusOf({
        snapshot: daemon.snapshot(),
        standing: daemon.people.standing,
        now: clock.now(),
        version: "1.2.3",
        pid: process.pid,
        configTrouble: this.configTrouble,
      });
    return {
      people: daemon.people,
      feed: this.feed,
      past: this.daemon.past,
      situationOf: (group) => daemon.situationOf(group),
      wallNow: () => clock.wallNow(),
      status,
      reload: ({ by }) => {
        if (this.configTrouble !== null) return { kind: "refused", rule: "unfit", text: this.configTrouble };
        return { kind: "done", text: `${by} reloads it`, warning: null };
      },
      config: () => ({ version: "1.2.3", config: publicConfig(load(exoscale)) }),
      onBug: (error) => this.bugs.push(error),
    };
  }

  get endpoint(): Endpoint {
    return { kind: "socket", path: this.path };
  }

  async post(verb: string, body: unknown): Promise<Answered> {
    return answered(await askDaemon(this.endpoint, { method: "POST", path: `/api/v1/${verb}`, body }));
  }

  async get(path: string): Promise<Answered> {
    return answered(await askDaemon(this.endpoint, { method: "GET", path: `/api/v1/${path}` }));
  }

  async status(): Promise<Status> {
    return (await this.get("status")).json as Status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket?.kind === "open") await this.#socket.close();
    this.daemon.daemon.stop();
    await this.daemon.clock.advance(10_000);
    rmSync(this.folder, { recursive: true });
  }
}

export function answered(answer: Awaited<ReturnType<typeof askDaemon>>): Answered {
  if (answer.kind === "none") throw new Error(`No answer: ${answer.code} ${answer.text}`);
  return answer;
}
