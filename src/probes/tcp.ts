/**
 * Opens one TCP connection to the address of an attempt.
 *
 * A TCP probe passes when the kernel of the target has completed the handshake. That also holds for a server that
 * closes at once, and for one that never takes the connection out of its queue: whoever wants to know more probes with
 * HTTP. The connection is closed in the orderly way and not reset, because servers log a reset as an error of their
 * client.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Attempt } from "./attempt.ts";

/**
 * Connects and then calls `onConnect`; every other outcome ends the attempt.
 *
 * @param address a literal address, so that nothing is looked up.
 */
export function openTcp(attempt: Attempt, address: string, onConnect: (socket: Socket) => void): void {
  attempt.enter("connect");
  const socket = connect({ host: address, port: attempt.target.port, autoSelectFamily: false });
  attempt.holdSocket(socket);
  socket.once(
    "connect",
    attempt.guard(() => {
      attempt.leave();
      onConnect(socket);
    }),
  );
}
