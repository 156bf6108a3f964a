/** The targets of `probe-cost.ts`: one port that accepts, one that answers over HTTP, one over HTTPS. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { generate } from "selfsigned";

export interface Ports {
  readonly tcp: number;
  readonly http: number;
  readonly https: number;
  /** PEM of the authority that signed the certificate of `localhost`. */
  readonly caPem: string;
}

const head =
  "HTTP/1.1 200 OK\r\nServer: target\r\nDate: Wed, 25 Nov 2026 04:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n";
const answer = Buffer.from(`${head}Connection: close\r\n\r\nok\n`);
const answerOfMany = Buffer.from(`${head}\r\nok\n`);

async function portOf(server: Server): Promise<number> {
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A request comes in one piece here. */
function serve(socket: Socket): void {
  socket.on("error", () => socket.destroy());
  socket.on("data", (request) => {
    if (request.includes("Connection: keep-alive")) socket.write(answerOfMany);
    else socket.end(answer);
  });
}

const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
  keyType: "ec",
  curve: "P-256",
  extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
});
const ports: Ports = {
  tcp: await portOf(createServer((socket) => socket.resume().on("error", () => socket.destroy()))),
  http: await portOf(createServer(serve)),
  https: await portOf(createTlsServer({ cert, key }, serve).on("tlsClientError", () => undefined)),
  caPem: cert,
};
process.on("disconnect", () => process.exit());
process.send?.(ports);
