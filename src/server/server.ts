/** The HTTP server on `listen`: metrics, health and the API. What is read may be open, orders need a token. */
import rateLimit from "@fastify/rate-limit";
import fastify from "fastify";
import type { ServerOptions } from "node:https";
import type { ApiConfig, Config, TlsConfig } from "../config/config.ts";
import { Access } from "./api/access.ts";
import type { ApiParts } from "./api/operation.ts";
import { addRoutes } from "./api/routes.ts";
import { addPages, type PageParts } from "./pages.ts";

export interface ServerParts extends PageParts {
  readonly api: ApiParts;
  /** Of one address, to all that is served. Default 500 requests in a second. */
  readonly rate?: { readonly requests: number; readonly windowMs: number };
}

export interface ServerHandle {
  /** e.g. `http://127.0.0.1:9787`. */
  readonly url: string;
  /** Takes other tokens over, and other certificates if there were some when it started. */
  reload(api: ApiConfig): void;
  close(): Promise<void>;
}

/** Scrapers, probes of a platform, people and their pages; more than this is somebody's mistake. */
const connectionsMax = 256;
const bodyBytesMax = 65_536;
/** How long a request may take to arrive. Milliseconds. */
const requestTimeoutMs = 10_000;

/** @throws when the address cannot be listened on; the message names it and what to do. */
export async function startServer(
  { listen, api }: Pick<Config, "listen" | "api">,
  parts: ServerParts,
): Promise<ServerHandle> {
  const { tls } = api;
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    // Idle keep-alive connections of scrapers must not hold up a stop.
    forceCloseConnections: true,
    https: tls && tlsOptions(tls),
  });
  app.server.maxConnections = connectionsMax;
  const access = new Access(api.tokens);
  const { requests, windowMs } = parts.rate ?? { requests: 500, windowMs: 1_000 };
  await app.register(rateLimit, { max: requests, timeWindow: windowMs });
  await addPages(app, parts, parts.api.onBug);
  await addRoutes(app, parts.api, (request, scope) => access.admit(request, scope));
  const reload = (next: ApiConfig): void => {
    access.reload(next.tokens);
    if (tls !== null && next.tls !== null) app.server.setSecureContext(tlsOptions(next.tls));
  };
  try {
    // A copy, since fastify writes into what it is given.
    return { url: await app.listen({ ...listen }), reload, close: () => app.close() };
  } catch (error) {
    const at = `${listen.host}:${listen.port}`;
    throw new Error(`Cannot listen on ${at}: ${listenTrouble(error)}`, { cause: error });
  }
}

/** With a client CA nobody gets further than the handshake without a certificate of it. */
function tlsOptions({ certPem, key, clientCaPem }: TlsConfig): ServerOptions {
  return {
    minVersion: "TLSv1.2",
    cert: certPem,
    key: key.reveal(),
    ...(clientCaPem === null ? {} : { ca: clientCaPem, requestCert: true, rejectUnauthorized: true }),
  };
}

function listenTrouble(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "EADDRINUSE"
    ? "the port is in use; stop what uses it, or set another one with listen in the config"
    : String(error);
}
