/**
 * One idle connection to a target. Nothing is ever written to it, what comes in is dropped, and its end is all that it tells:
 * the kernel of a machine whose process dies closes it in the same instant.
 */
import { Socket } from "node:net";
import type { Target } from "../core/target.ts";
import { closeConnection, readBuffer } from "./connection.ts";
import { literalAddress, type Resolve } from "./resolve.ts";

/**
 * How long nothing may come from the peer before the kernel asks whether it is still there. Milliseconds. Node lets it ask ten
 * times, a second apart, so a machine that vanished without a word is noticed after 25 s, for one packet in 15 s.
 */
const keepAliveMs = 15_000;

/** What a target may say over one connection. A banner, or the answer to a request that never came, is far below. Bytes. */
const bytesMax = 64 * 1024;

/**
 * `unopened`: it could not be opened, or not within the target's timeout. `cut`: the peer closed or reset it, or is gone. `flooded`:
 * the target says too much, and it was closed by us.
 */
export type WatchEnd = "unopened" | "cut" | "flooded";

export interface WatchListener {
  /** Called at most once, never before `openWatch` returns. */
  onOpen(): void;
  /** Called at most once, never before `openWatch` returns; nothing is called after it. */
  onEnd(end: WatchEnd): void;
}

export interface WatchConnection {
  /** Gives it up at once, in whatever state it is; nothing is told any more. */
  close(): void;
}

/** @param resolve asked each time unless the host is an address, so a connection leads to where the name leads now. */
export function openWatch(target: Target, resolve: Resolve, listener: WatchListener): WatchConnection {
  const opening = new Opening(target, listener);
  opening.open(resolve).catch(() => opening.giveUp());
  return opening;
}

class Opening implements WatchConnection {
  readonly #target: Target;
  readonly #listener: WatchListener;
  readonly #cancellation = new AbortController();
  readonly #deadline: NodeJS.Timeout;
  #socket: Socket | null = null;
  #isOpen = false;
  #hasEnded = false;
  #bytes = 0;

  constructor(target: Target, listener: WatchListener) {
    this.#target = target;
    this.#listener = listener;
    this.#deadline = setTimeout(() => this.#end("unopened"), target.timeoutMs);
  }

  async open(resolve: Resolve): Promise<void> {
    const { host, port } = this.#target;
    const literal = literalAddress(host);
    const resolution =
      literal === null ? await resolve(host, this.#cancellation.signal) : { address: literal };
    if (this.#hasEnded) return;
    if ("cause" in resolution) this.#end("unopened");
    else this.#connect(resolution.address, port);
  }

  /** Something here is wrong, which says nothing of the target. */
  giveUp(): void {
    this.#end("unopened");
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#deadline);
    this.#cancellation.abort();
    if (this.#socket !== null) closeConnection(this.#socket);
  }

  #connect(address: string, port: number): void {
    const socket = new Socket({ onread: { buffer: readBuffer, callback: (length) => this.#take(length) } });
    this.#socket = socket;
    const onEnd = (): void => this.#end(this.#isOpen ? "cut" : "unopened");
    // An error may also come after the end, and must find a listener then.
    socket.on("connect", () => this.#connected(socket)).on("end", onEnd);
    socket.on("error", onEnd).on("close", onEnd);
    socket.connect({ host: address, port, autoSelectFamily: false });
  }

  #connected(socket: Socket): void {
    if (this.#hasEnded) return;
    clearTimeout(this.#deadline);
    socket.setKeepAlive(true, keepAliveMs);
    this.#isOpen = true;
    this.#listener.onOpen();
  }

  #take(length: number): boolean {
    this.#bytes += length;
    if (this.#bytes > bytesMax) this.#end("flooded");
    return !this.#hasEnded;
  }

  #end(end: WatchEnd): void {
    if (this.#hasEnded) return;
    this.close();
    this.#listener.onEnd(end);
  }
}
