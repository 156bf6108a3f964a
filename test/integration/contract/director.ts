/** Stands behind the commands of `own-command.ts`: keeps their truth, hears of every run, and tells each how to misbehave. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import type { Asked, Misbehaviour, Truth } from "./own-command.ts";

/** Both `read` and `move`. */
export const ownCommand: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL("own-command.ts", import.meta.url)),
];

/** Hundreds of runs of one program: from the second on, Node need not read it anew. */
const compileCache = mkdtempSync(join(tmpdir(), "failoverd-own-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true, force: true }));

interface Fault {
  readonly operation: string;
  readonly how: Misbehaviour;
  left: number;
}

export class Director implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "failoverd-own-"));
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #onAsked = new Set<(operation: string) => void>();
  readonly #onHang = new Set<() => void>();
  #fault: Fault | null = null;

  private constructor(holders: readonly string[]) {
    this.holders = holders;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** @param holders as the commands call them */
  static async start(holders: readonly string[]): Promise<Director> {
    const director = new Director(holders);
    await new Promise<void>((resolve) => director.#server.listen(director.#socketPath, resolve));
    return director;
  }

  /** What the commands need in their environment. */
  get env(): Readonly<Record<string, string>> {
    return { DIRECTOR: this.#socketPath, TRUTH: this.#truthPath, NODE_COMPILE_CACHE: compileCache };
  }

  get holders(): readonly string[] {
    return this.#truth.holders;
  }

  /** As a person does it, by hand. */
  set holders(holders: readonly string[]) {
    writeFileSync(this.#truthPath, JSON.stringify({ holders, before: holders, changes: 0 } satisfies Truth));
  }

  get changes(): number {
    return this.#truth.changes;
  }

  /** From now on this operation, or `*`, goes wrong like that. */
  breaks(operation: string, how: Misbehaviour, times: number): void {
    this.#fault = { operation, how, left: times };
  }

  mends(): void {
    this.#fault = null;
  }

  /** Before the run learns how to go on. */
  onAsked(listener: (operation: string) => void): () => void {
    this.#onAsked.add(listener);
    return () => this.#onAsked.delete(listener);
  }

  /** Once the run has been told to hang. */
  onHang(listener: () => void): void {
    this.#onHang.add(listener);
  }

  /** @returns the path of a program that nobody may run. */
  unfitProgram(): string {
    const path = join(this.folder, "not-executable");
    writeFileSync(path, "#!/bin/sh\n");
    chmodSync(path, 0o644);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // A run may be ended while it asks.
    socket.on("error", () => undefined);
    let line = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      line += chunk;
      if (line.endsWith("\n")) this.#answer(socket, JSON.parse(line) as Asked);
    });
  }

  #answer(socket: Socket, asked: Asked): void {
    const { operation } = asked.question;
    this.asked.push(asked);
    for (const listener of this.#onAsked) listener(operation);
    const how = this.#next(operation);
    socket.end(JSON.stringify(how));
    if (how?.kind === "hang") for (const listener of this.#onHang) listener();
  }

  #next(operation: string): Misbehaviour | null {
    const fault = this.#fault;
    if (fault === null || fault.left <= 0 || !["*", operation].includes(fault.operation)) return null;
    fault.left--;
    return fault.how;
  }

  get #truth(): Truth {
    return JSON.parse(readFileSync(this.#truthPath, "utf8")) as Truth;
  }

  get #truthPath(): string {
    return join(this.folder, "truth.json");
  }

  get #socketPath(): string {
    return join(this.folder, "director.sock");
  }
}
