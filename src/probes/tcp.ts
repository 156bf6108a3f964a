/**
 * Opens one TCP connection to the address of an attempt.
 *
 * A TCP probe passes when the kernel of the target has completed the handshake. That also holds for a server that
 * closes at once, and for one that never takes the connection out of its queue: whoever wants to know more probes with
 * HTTP.
 */
import { Socket, type SocketConnectOpts } from "node:net";
import type { Target } from "../core/target.ts";
import type { Attempt } from "./attempt.ts";
import {
  closeConnection,
  type Connection,
  type Conversation,
  type Listener,
  readBuffer,
} from "./connection.ts";

class TcpConnection extends Socket implements Connection {
  /** Null once the connection is released. */
  #attempt: Attempt | null;
  readonly #conversation: Conversation | null;
  /** Null until the connection is open, and once it is released. */
  #listener: Listener | null = null;

  constructor(attempt: Attempt, conversation: Conversation | null) {
    if (conversation === null) super();
    else super({ onread: { buffer: readBuffer, callback: (length) => this.#take(length) } });
    this.#attempt = attempt;
    this.#conversation = conversation;
    this.on("connect", onConnect).on("error", onError);
    if (conversation !== null) this.on("end", onEnd).on("close", onEnd);
  }

  get socket(): Socket {
    return this;
  }

  release(): void {
    this.#attempt = this.#listener = null;
    closeConnection(this);
  }

  handTo(listener: Listener): void {
    this.#listener = listener;
  }

  connected(): void {
    const attempt = this.#attempt;
    if (attempt === null) return;
    attempt.leave();
    this.#listener = this.#conversation;
    if (this.#conversation === null) attempt.end({ cause: "ok", detail: null });
    else this.#conversation.begin(this);
  }

  failed(error: Error): void {
    if (this.#listener === null) this.#attempt?.endBySocketError(error);
    else this.#listener.takeError(error);
  }

  peerClosed(): void {
    this.#listener?.takeEnd();
  }

  #take(length: number): boolean {
    this.#listener?.take(readBuffer.subarray(0, length));
    return this.#listener !== null;
  }
}

// Shared by all connections, so that no closure is made for one.
function onConnect(this: TcpConnection): void {
  this.connected();
}

function onError(this: TcpConnection, error: Error): void {
  this.failed(error);
}

function onEnd(this: TcpConnection): void {
  this.peerClosed();
}

/** How to connect to one target; the options are kept, since the address is the same nearly every time. */
export class TcpOpener {
  readonly #options: { readonly port: number; readonly autoSelectFamily: false; host: string };

  constructor({ port }: Target) {
    this.#options = { host: "", port, autoSelectFamily: false };
  }

  /**
   * Connects and then begins `conversation`, or ends the attempt as passed when that is null; every other outcome ends
   * the attempt too.
   *
   * @param address a literal address, so that nothing is looked up.
   */
  open(attempt: Attempt, address: string, conversation: Conversation | null): void {
    attempt.enter("connect");
    const socket = new TcpConnection(attempt, conversation);
    attempt.hold(socket);
    this.#options.host = address;
    socket.connect(this.#options satisfies SocketConnectOpts);
  }
}
