/**
 * What TCP and TLS connections of a probe have in common: who is told of what happens on one, and how it is closed.
 */
import type { Socket } from "node:net";
import type { Held } from "./attempt.ts";

/** Who is told of what happens on an open connection. */
export interface Listener {
  /** @param bytes read; they are overwritten once this returns. */
  take(bytes: Buffer): void;
  /** The peer has closed, in whatever way. */
  takeEnd(): void;
  /** The connection is lost. */
  takeError(error: Error): void;
}

/** What is done on a connection once it is open. */
export interface Conversation extends Listener {
  /** The connection, and TLS if there is any, is open: the conversation is told of what happens on it from here on. */
  begin(connection: Connection): void;
}

/** A connection that opens for an attempt, or is open. Once it is released nobody is told of it any more. */
export interface Connection extends Held {
  /** What is written to and, when there is TLS, comes out encrypted. */
  readonly socket: Socket;
  /** From now on this one is told of what happens on it. Only while it is open. */
  handTo(listener: Listener): void;
}

/**
 * Into here all sockets of this thread read: Node hands the bytes over in the same breath, so one buffer serves all, and
 * nothing is allocated for a read.
 */
export const readBuffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Closes with a reset, which leaves nothing behind on this machine nor on the target's. A
 * connection that is not there yet, or that is being closed in the orderly way already, can only be given up.
 */
export function closeConnection(socket: Socket): void {
  if (socket.destroyed || socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
