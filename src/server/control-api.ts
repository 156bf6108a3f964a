/**
 * The API on the machine itself. Whoever reaches it may order everything, so it is served on a Unix socket only, whose file decides
 * who that is. Its answers hold what the daemon's log holds, and so no secret.
 */
import fastify, { type FastifyInstance } from "fastify";
import type { ApiParts } from "./api/operation.ts";
import { addRoutes, type Admission } from "./api/routes.ts";

/** How long a request may take to arrive. Milliseconds. */
const requestTimeoutMs = 5_000;

/** Who gives an order is who they say. */
const everybody: Admission = () => ({
  kind: "admitted",
  caller: { name: null, signature: (said) => said },
});

/** @param timeoutMs for a request to arrive. @returns the API, not listening yet. */
export async function createControlApi(
  parts: ApiParts,
  timeoutMs: number = requestTimeoutMs,
): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: 65_536,
    requestTimeout: timeoutMs,
    connectionTimeout: 3 * timeoutMs,
    keepAliveTimeout: 1_000,
    http: { headersTimeout: timeoutMs, connectionsCheckingInterval: Math.min(timeoutMs, 1_000) },
  });
  await addRoutes(app, parts, everybody);
  return app;
}
