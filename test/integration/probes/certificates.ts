/** Certificates that are made for one test run, and a TLS server that shows them. */
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { generate } from "selfsigned";
import { listening, onRequest, type Running } from "./world.ts";

const DAY_MS = 86_400_000;

export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** DNS name in it. Default `app.test`. */
  readonly name?: string;
  /** Address in it. Default none. */
  readonly ip?: string;
  /** Validity in days from now, negative for the past. Default -1 to 1. */
  readonly fromDay?: number;
  readonly toDay?: number;
  /** Who signs it. Default: itself. */
  readonly ca?: Credentials;
}

export async function makeCa(
  options: Pick<CertificateOptions, "name" | "toDay" | "ca"> = {},
): Promise<Credentials> {
  const { name = "Test CA", toDay = 10, ca } = options;
  const made = await generate([{ name: "commonName", value: name }], {
    ...validity(-10, toDay),
    ...(ca === undefined ? {} : { ca }),
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

export async function makeCertificate(options: CertificateOptions = {}): Promise<Credentials> {
  const { name = "app.test", ip, fromDay = -1, toDay = 1, ca } = options;
  const altNames = [
    { type: 2 as const, value: name },
    ...(ip === undefined ? [] : [{ type: 7 as const, ip }]),
  ];
  const made = await generate([{ name: "commonName", value: name }], {
    ...validity(fromDay, toDay),
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "subjectAltName", altNames },
    ],
    ...(ca === undefined ? {} : { ca }),
  });
  return { cert: made.cert, key: made.private };
}

/** @returns an HTTPS server that answers 200, or does `answer`. */
export function tlsServer(
  options: TlsOptions,
  answer: (socket: TLSSocket) => void = (socket) => {
    onRequest(socket, () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  },
): Promise<Running> {
  const server = createServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    answer(socket);
  });
  return listening(server);
}

function validity(fromDay: number, toDay: number): { notBeforeDate: Date; notAfterDate: Date } {
  const now = Date.now();
  return { notBeforeDate: new Date(now + fromDay * DAY_MS), notAfterDate: new Date(now + toDay * DAY_MS) };
}
