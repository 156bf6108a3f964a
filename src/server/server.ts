/** The HTTP server: metrics and health. It only reads; nothing here can change what the daemon does. */
import fastify, { type FastifyInstance } from "fastify";
import { orderText } from "../core/orders.ts";
import type { DaemonSnapshot } from "../daemon/snapshot.ts";
import type { Metrics } from "./metrics.ts";

export interface ServerParts {
  readonly metrics: Metrics;
  /** Throws only on a bug. */
  readonly snapshot: () => DaemonSnapshot;
  readonly version: string;
}

export interface ServerHandle {
  /** e.g. `http://127.0.0.1:9787`. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws when the address cannot be listened on; the message names it and what to do. */
export async function startServer(
  listen: { readonly host: string; readonly port: number },
  parts: ServerParts,
): Promise<ServerHandle> {
  const app = fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    requestTimeout: 10_000,
    // Idle keep-alive connections of scrapers must not hold up a stop.
    forceCloseConnections: true,
  });
  addRoutes(app, parts);
  try {
    // A copy, since fastify writes into what it is given.
    return { url: await app.listen({ ...listen }), close: () => app.close() };
  } catch (error) {
    const at = `${listen.host}:${listen.port}`;
    throw new Error(`Cannot listen on ${at}: ${listenTrouble(error)}`, { cause: error });
  }
}

function listenTrouble(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "EADDRINUSE"
    ? "the port is in use; stop what uses it, or set another one with listen in the config"
    : String(error);
}

function addRoutes(app: FastifyInstance, { metrics, snapshot, version }: ServerParts): void {
  app.get("/metrics", async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.render(snapshot())),
  );
  app.get("/livez", (_, reply) => reply.type("text/plain").send("ok\n"));
  app.get("/readyz", (_, reply) => {
    const readiness = readinessOf(snapshot());
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get("/", (_, reply) =>
    reply
      .type("text/plain")
      .send(
        `failoverd ${version}\n\n/metrics  for Prometheus\n/livez    is the process alive\n/readyz   is every group judged, and what is each doing\n`,
      ),
  );
}

/** Ready: every group has left its start, so that each health is known or has had its time. */
function readinessOf(snapshot: DaemonSnapshot): { readonly ready: boolean } & Record<string, unknown> {
  const groups = Object.fromEntries(
    snapshot.groups.map(({ name, state, rule, why, holders, paused }) => [
      name,
      { state, rule, why, holders, paused: paused && orderText(paused) },
    ]),
  );
  const { distrust } = snapshot;
  return { ready: snapshot.groups.every((group) => group.state !== "starting"), distrust, groups };
}
