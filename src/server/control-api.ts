/**
 * The control API: what people may see and order, as JSON. Whoever reaches it may order everything, so it is served on a Unix
 * socket only, whose file decides who that is. Its answers hold what the daemon's log holds, and so no secret.
 *
 *   200 done   400 malformed   404 no such group or member   409 nothing to take back or to answer   422 unfit
 */
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import type { Refusal, Reply } from "../daemon/people.ts";
import type { Status } from "./status.ts";
import { verbs, type Answer } from "./verbs.ts";
import type { People } from "../daemon/people.ts";

export interface ControlParts {
  readonly people: People;
  /** Takes the config file over again. */
  readonly reload: (by: string) => Reply;
  /** Throws only on a bug. */
  readonly status: () => Status;
  /** Told of whatever should never happen here. */
  readonly onBug: (error: Error) => void;
}

const bodyBytesMax = 65_536;
/** How long a request may take to arrive. Milliseconds. */
const requestTimeoutMs = 5_000;

const statusCodes = { unknown: 404, nothing: 409, ineligible: 409, unfit: 422 } as const satisfies Record<
  Refusal,
  number
>;

/** @returns the API, not listening yet. */
export function createControlApi(parts: ControlParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 3 * requestTimeoutMs,
    keepAliveTimeout: 1_000,
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
  });
  // A body is JSON whatever its sender calls it, so that `curl -d` needs no header.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_, body, done) => {
    try {
      done(null, JSON.parse(String(body)) as unknown);
    } catch {
      done(Object.assign(new Error("The body must be JSON"), { statusCode: 400 }));
    }
  });
  app.setErrorHandler<FastifyError>((error, _, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 500) parts.onBug(error);
    return refuse(reply, code, code >= 500 ? "bug" : "malformed", error.message);
  });
  app.setNotFoundHandler((request, reply) =>
    refuse(reply, 404, "unknown", `There is no ${request.method} ${request.url.slice(0, 200)}`),
  );
  app.get("/api/v1/status", (_, reply) => reply.send(parts.status()));
  for (const [name, verb] of Object.entries(verbs)) {
    app.post(`/api/v1/${name}`, (request, reply) => send(reply, verb(parts, request.body)));
  }
  return app;
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  switch (answer.kind) {
    case "done":
      return reply.send({ text: answer.text, warning: answer.warning, member: answer.member });
    case "refused":
      return refuse(reply, statusCodes[answer.rule], answer.rule, answer.text);
    case "malformed":
      return refuse(reply, 400, "malformed", answer.text);
  }
}

function refuse(reply: FastifyReply, code: number, rule: string, error: string): FastifyReply {
  return reply.code(code).send({ error, rule });
}
