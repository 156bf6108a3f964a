/**
 * What TCP and TLS connections of a probe have in common: who is told of what happens on one, and how it is closed.
 */
import type { Socket } from "node:net";

/** What is done on an open connection. The connection calls it, and never after the attempt has ended. */
export interface Conversation {
  /** The connection, and TLS if there is any, is open. */
  begin(socket: Socket): void;
  /** @param bytes read; they are overwritten once this returns. */
  take(bytes: Buffer): void;
  /** The peer has closed, in whatever way. */
  takeEnd(): void;
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
