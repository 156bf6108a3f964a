/**
 * The targets of one door: a process of its own that accepts, answers at once and counts. Started by the benchmarks with what to
 * open, it says its port, and then answers each message with its count.
 *
 * Each target has an address of its own in 127.0.0.0/8, since identical targets may be probed once for all. A door is a set of
 * such addresses with one port; with one for each who probes they can be told apart.
 */
import { constants } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import { addressOf, type DoorCount, type DoorWanted } from "./field/doors.ts";

const answer = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
);

const count = { connections: 0, firstAt: null } as { connections: number; firstAt: number | null };
const { door, tls }: DoorWanted = JSON.parse(process.argv[2] ?? "{}");
const port = await open();
process.on("message", () => process.send?.(count satisfies DoorCount));
process.on("disconnect", () => process.exit(0));
console.log(port);

/** @returns its port. */
async function open(): Promise<number> {
  const onSocket = (socket: Socket): void => {
    count.connections += 1;
    count.firstAt ??= performance.timeOrigin + performance.now();
    socket.on("error", ignore);
    socket.on("data", reply);
  };
  const makeServer = (): Server =>
    door.tls ? tlsServer(onSocket) : createServer({ noDelay: true }, onSocket);
  const port = await listening(makeServer(), 0, addressOf(0));
  const others = Array.from({ length: door.targets - 1 }, (_, n) => addressOf(n + 1));
  await Promise.all(others.map((address) => listening(makeServer(), port, address)));
  return port;
}

function ignore(): void {
  // Whoever probes resets its connections.
}

function reply(this: Socket): void {
  this.end(answer);
}

/** Every handshake is a full one: there are no tickets, and TLS 1.3 has no other way to resume. */
function tlsServer(onSocket: (socket: Socket) => void): Server {
  if (tls === null) throw new Error("A door with TLS needs a certificate");
  const server = createTls({
    cert: tls.certPem,
    key: tls.keyPem,
    ecdhCurve: "X25519:P-256",
    minVersion: "TLSv1.3",
    secureOptions: constants.SSL_OP_NO_TICKET,
    noDelay: true,
  });
  server.on("secureConnection", onSocket).on("tlsClientError", ignore);
  return server;
}

function listening(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen({ port, host, backlog: 4_096 }, () => {
      const address = server.address();
      resolve(address === null || typeof address === "string" ? 0 : address.port);
    });
  });
}
