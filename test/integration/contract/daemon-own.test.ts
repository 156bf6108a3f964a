/**
 * The whole daemon with commands of one's own: real probes, the real provider, a real program that is run, its truth in a file.
 * What counts is that truth, whatever the daemon says.
 */
import { createServer, type AddressInfo, type Server } from "node:net";
import { text as wholeText } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { bindGroups, type Bound } from "../../../src/daemon/bind.ts";
import { systemClock } from "../../../src/daemon/clock.ts";
import { Daemon } from "../../../src/daemon/daemon.ts";
import { ProbeScheduler } from "../../../src/daemon/engine/scheduler.ts";
import type { DaemonEvent } from "../../../src/daemon/events.ts";
import { lineOf } from "../../../src/daemon/log.ts";
import { noOrderStore } from "../../../src/daemon/orders.ts";
import { probe } from "../../../src/probes/probe.ts";
import { createResolver } from "../../../src/probes/resolve.ts";
import { Metrics } from "../../../src/server/metrics.ts";
import { promisedProber } from "../../unit/daemon/engine/promised-prober.ts";
import { Director, ownCommand } from "./director.ts";

describe.concurrent("the daemon, commands of one's own", () => {
  test("a dead holder is replaced by one flip, which log and metrics tell of", async () => {
    await using stage = await Stage.start();
    const moved = stage.untilMoved();
    await stage.kill("own-a");
    expect(await moved).toMatchObject({ outcome: "completed", move: { trigger: "failover", to: ["own-b"] } });
    expect(stage.director.holders).toEqual(["node-b"]);
    const [question] = stage.moves;
    expect(stage.moves).toMatchObject([
      { group: "web", address: "vip", step: { kind: "flip", holder: "node-b" } },
    ]);
    expect(stage.log).toContainEqual(expect.stringContaining(`move: 0, request ${question?.request}`));
    expect(await stage.metrics()).toContain(
      'failoverd_provider_requests_total{provider="own",operation="move",code="0"} 1',
    );
  });

  test("attach-detach: the new holder is attached before the old one is detached", async () => {
    await using stage = await Stage.start("transfer: attach-detach");
    const moved = stage.untilMoved();
    await stage.kill("own-a");
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.director.holders).toEqual(["node-b"]);
    expect(stage.moves.map(({ step }) => `${step?.kind} ${step?.holder}`)).toEqual([
      "attach node-b",
      "detach node-a",
    ]);
  });

  test("a command that does its work and says nothing is not run again", async () => {
    await using stage = await Stage.start();
    const moved = stage.untilMoved();
    stage.director.breaks("move", { kind: "done-exit" }, 1);
    await stage.kill("own-a");
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.effects).toEqual(["flip own-b: uncertain"]);
    expect([stage.director.holders, stage.director.changes]).toEqual([["node-b"], 1]);
    expect(stage.moves).toHaveLength(1);
  });

  test("a command that hangs is ended and, once nothing of it can show any more, run again", async () => {
    await using stage = await Stage.start("move-timeout: 3s, settle: 100ms");
    const moved = stage.untilMoved();
    stage.director.breaks("move", { kind: "hang" }, 1);
    await stage.kill("own-a");
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.effects).toEqual(["flip own-b: uncertain", "flip own-b: applied"]);
    expect([stage.director.holders, stage.director.changes]).toEqual([["node-b"], 1]);
  });

  test("while nobody can say who holds the address nothing is moved, and afterwards it is", async () => {
    await using stage = await Stage.start();
    const moved = stage.untilMoved();
    stage.director.breaks("read", { kind: "exit", status: 1, says: "no route to the router" }, Infinity);
    const unknown = stage.until((event) => event.type === "reading" && event.reading.kind === "unknown");
    stage.lookAgain();
    expect(await unknown).toMatchObject({
      reading: { detail: expect.stringContaining("exit status 1; it said: no route to the router") },
    });
    const dead = stage.until((event) => event.type === "transition" && event.to === "unhealthy");
    await stage.kill("own-a");
    await dead;
    await stage.until((event) => event.type === "reading" && event.reading.kind === "unknown");
    expect([stage.director.holders, stage.moves]).toEqual([["node-a"], []]);
    stage.director.mends();
    expect(await moved).toMatchObject({ outcome: "completed" });
    expect(stage.director.holders).toEqual(["node-b"]);
  });
});

/** The longest that a test may take. Milliseconds. */
const patienceMs = 25_000;

const configText = (
  keys: string,
  ports: readonly number[],
  env: Readonly<Record<string, string>>,
): string => `
providers:
  own: { type: exec, read: ${JSON.stringify(ownCommand)}, move: ${JSON.stringify(ownCommand)}, env: ${JSON.stringify(env)}${keys === "" ? "" : `, ${keys}`} }
defaults:
  healthcheck: { mode: tcp, port: 1, interval: 200ms, timeout: 150ms, strikes-fail: 2, strikes-ok: 2 }
groups:
  web:
    provider: own
    address: vip
    members:
      - { name: own-a, holder: node-a, host: 127.0.0.1, healthcheck: { port: ${ports[0]} } }
      - { name: own-b, holder: node-b, host: 127.0.0.1, healthcheck: { port: ${ports[1]} } }
`;

class Stage implements AsyncDisposable {
  readonly director: Director;
  readonly events: DaemonEvent[] = [];
  readonly #backends: readonly Server[];
  readonly #bound: Bound;
  readonly #daemon: Daemon;
  readonly #running: Promise<void>;
  readonly #metrics = new Metrics("0");
  readonly #listeners = new Set<(event: DaemonEvent) => void>();
  readonly #patience: AbortSignal = AbortSignal.timeout(patienceMs);

  private constructor(director: Director, backends: readonly Server[], keys: string) {
    this.director = director;
    this.#backends = backends;
    const ports = backends.map((backend) => (backend.address() as AddressInfo).port);
    const loaded = parseConfig(configText(keys, ports, director.env), "test.yaml", {}, () => "");
    if (!("ok" in loaded)) throw new Error(`The config is not valid: ${JSON.stringify(loaded.problems)}`);
    this.#metrics.configLoaded(loaded.ok, 0);
    const [clock, random] = [systemClock, (): number => 0];
    const emit = (event: DaemonEvent): void => {
      this.events.push(event);
      this.#metrics.take(event);
      for (const listener of this.#listeners) listener(event);
    };
    const onRequest: Parameters<typeof bindGroups>[1]["onRequest"] = (provider, record) =>
      emit({ type: "request", provider, record });
    this.#bound = bindGroups(loaded.ok, { clock, random, onRequest });
    const resolve = createResolver();
    const proberOf = promisedProber((target, signal) =>
      probe(target, { now: () => performance.now(), resolve, signal }),
    );
    this.#daemon = new Daemon(this.#bound.groups, {
      recover: () => null,
      selfCheck: loaded.ok.selfCheck,
      overall: loaded.ok.overall,
      orderStore: noOrderStore,
      clock,
      random,
      engine: new ProbeScheduler({ clock, proberOf }),
      emit,
    });
    this.#running = this.#daemon.run();
  }

  /** @param keys more of the provider, e.g. `transfer: attach-detach` @returns once the group is steady. */
  static async start(keys = ""): Promise<Stage> {
    const backends = await Promise.all([listening(), listening()]);
    const stage = new Stage(await Director.start(["node-a"]), backends, keys);
    await stage.until((event) => event.type === "decision" && event.plan.rule === "steady");
    return stage;
  }

  async kill(name: "own-a" | "own-b"): Promise<void> {
    await closed(this.#backends[name === "own-a" ? 0 : 1]);
  }

  /** Who holds the address is asked now. */
  lookAgain(): void {
    this.#daemon.people.reconcile("web", { by: "test" });
  }

  /** What `move` was asked. */
  get moves(): readonly Director["asked"][number]["question"][] {
    return this.director.asked.flatMap(({ question }) => (question.operation === "move" ? question : []));
  }

  get effects(): readonly string[] {
    return this.events.flatMap((event) =>
      event.type === "step-ended" ? `${event.step.kind} ${event.step.member}: ${event.effect.kind}` : [],
    );
  }

  get log(): readonly string[] {
    return this.events.flatMap((event) => (event.type === "situation" ? [] : lineOf(event).text));
  }

  metrics(): Promise<string> {
    return wholeText(this.#metrics.page(this.#daemon.snapshot()));
  }

  /** @returns the first event, of those to come, that is wanted. */
  until(wanted: (event: DaemonEvent) => boolean): Promise<DaemonEvent> {
    return new Promise((resolve, reject) => {
      const listener = (event: DaemonEvent): void => {
        if (!wanted(event)) return;
        this.#listeners.delete(listener);
        resolve(event);
      };
      this.#listeners.add(listener);
      this.#patience.addEventListener("abort", () =>
        reject(new Error(`Waited in vain\n${this.log.slice(-40).join("\n")}`)),
      );
    });
  }

  untilMoved(): Promise<DaemonEvent> {
    return this.until((event) => event.type === "move-ended");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon.stop();
    await this.#running;
    await this.#bound.close();
    await Promise.all(this.#backends.map(closed));
    await this.director[Symbol.asyncDispose]();
  }
}

function listening(): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => undefined).end());
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function closed(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => server?.close(() => resolve()) ?? resolve());
}
