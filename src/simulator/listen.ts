/** Binds a server to a loopback endpoint, and closes it again. */
import type { Server } from "node:net";
import { isLoopback } from "./file-values.ts";
import { endpointText, type Endpoint } from "./spec.ts";

/**
 * @param endpoint Port 0: any free port.
 * @param label What listens, for the error: `the simulator`, `backend web-a`.
 * @returns the endpoint with the real port.
 */
export async function listen(server: Server, endpoint: Endpoint, label: string): Promise<Endpoint> {
  const where = `${endpointText(endpoint)} for ${label}`;
  if (!isLoopback(endpoint.host)) throw new Error(`Cannot listen on ${where}: expected a loopback address`);
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void =>
      reject(new Error(`Cannot listen on ${where}: ${listenTrouble(cause)}`, { cause }));
    server.once("error", failed);
    server.listen(endpoint.port, endpoint.host, () => {
      server.off("error", failed);
      // Trouble with a single accept must not end the process.
      server.on("error", () => undefined);
      resolve();
    });
  });
  const bound = server.address();
  return { host: endpoint.host, port: typeof bound === "object" ? (bound?.port ?? 0) : 0 };
}

/** Stops accepting; resolves when the last connection is gone, at once when the server does not listen. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}

function listenTrouble(cause: Error): string {
  const inUse = "code" in cause && cause.code === "EADDRINUSE";
  return inUse ? "the port is in use; stop what uses it, or take another one" : cause.message;
}
