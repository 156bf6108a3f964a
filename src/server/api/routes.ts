/**
 * The API as routes: `GET` for what is read, with the input in the query, `POST` for what is ordered, with the input as JSON. A
 * stream ends when the server begins to close.
 *
 *   200 done   400 malformed   401 no valid token   403 not allowed   404 no such group or member
 *   409 nothing to take back or to answer   422 unfit   429 too many requests or streams
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Refusal } from "../../daemon/people.ts";
import type { Answer, ApiParts, Caller, Operation, Scope } from "./operation.ts";
import { OpenStreams, streamsMax } from "./open-streams.ts";
import { operations } from "./operations.ts";

export const basePath = "/api/v1";

/** @returns who calls, or why not. */
export type Admission = (request: FastifyRequest, scope: Scope) => Admitted;

export type Admitted =
  | { readonly kind: "admitted"; readonly caller: Caller }
  /** Nothing proves who it is, or what does has not this scope; `text` says what to do. */
  | { readonly kind: "unauthorised" | "forbidden"; readonly text: string };

const statusCodes = { unknown: 404, nothing: 409, ineligible: 409, unfit: 422 } as const satisfies Record<
  Refusal,
  number
>;

/** Adds the API to a server. @param admit decides before anything of the request is looked at. */
export async function addRoutes(app: FastifyInstance, parts: ApiParts, admit: Admission): Promise<void> {
  const streams = new OpenStreams();
  await app.register(
    (scope, _, done) => {
      takeJson(scope);
      scope.setErrorHandler<FastifyError>((error, _, reply) => {
        const code = error.statusCode ?? 500;
        if (code >= 500) parts.onBug(error);
        return refuse(reply, code, ruleOf(code), error.message);
      });
      scope.setNotFoundHandler((request, reply) =>
        refuse(reply, 404, "unknown", `There is no ${request.method} ${request.url.slice(0, 200)}`),
      );
      scope.addHook("onSend", (_, reply, payload, next) => {
        void reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
        next(null, payload);
      });
      scope.addHook("preClose", (closed) => {
        streams.finish();
        // What ends in good order has ended by then; nobody else is waited for.
        setImmediate(() => {
          app.server.closeAllConnections();
          closed();
        });
      });
      for (const operation of operations) addRoute(scope, operation, { parts, admit, streams });
      done();
    },
    { prefix: basePath },
  );
}

interface RouteParts {
  readonly parts: ApiParts;
  readonly admit: Admission;
  readonly streams: OpenStreams;
}

function addRoute(app: FastifyInstance, operation: Operation, { parts, admit, streams }: RouteParts): void {
  const { name, scope, media, run } = operation;
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.route({
    method: scope === "read" ? "GET" : "POST",
    url: `/${name}`,
    // A stream has no length and no end that a HEAD could tell.
    exposeHeadRoute: media === "json",
    // Before the body: a stranger's is not even read.
    onRequest: (request, reply, done) => {
      const admission = admit(request, scope);
      if (admission.kind === "admitted") {
        callers.set(request, admission.caller);
        return done();
      }
      const { kind, text } = admission;
      if (kind === "unauthorised") void reply.header("www-authenticate", 'Bearer realm="failoverd"');
      void refuse(reply, kind === "unauthorised" ? 401 : 403, kind, text);
    },
    handler: (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error("A request was handled before it was admitted");
      const answer = run(parts, inputOf(operation, request), caller);
      if (answer.kind !== "stream") return send(reply, answer);
      return streams.isFull ? refuse(reply, 429, "too-many", tooMany) : streams.send(reply, answer.open());
    },
  });
}

const tooMany = `There are ${streamsMax} streams already: end one of them, or read what has happened with failoverd history`;

function inputOf({ scope, media }: Operation, { query, body, headers }: FastifyRequest): unknown {
  if (scope === "operate") return body;
  const lastId = headers["last-event-id"];
  // Whoever connects again says it so, and the address that is asked is still the first one.
  const isResumed = media === "events" && lastId !== undefined && lastId !== "";
  return isResumed && typeof query === "object" ? { ...query, after: lastId } : query;
}

/** A body is JSON whatever its sender calls it, so that `curl -d` needs no header. */
function takeJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_, body, done) => {
    try {
      done(null, JSON.parse(String(body)) as unknown);
    } catch {
      done(Object.assign(new Error("The body must be JSON"), { statusCode: 400 }));
    }
  });
}

function send(reply: FastifyReply, answer: Exclude<Answer, { kind: "stream" }>): FastifyReply {
  switch (answer.kind) {
    case "data":
      return reply.send(answer.data);
    case "done":
      return reply.send({ text: answer.text, warning: answer.warning, member: answer.member });
    case "refused":
      return refuse(reply, statusCodes[answer.rule], answer.rule, answer.text);
    case "malformed":
      return refuse(reply, 400, "malformed", answer.text);
  }
}

/** What a failure outside the operations is called. */
function ruleOf(code: number): string {
  if (code === 429) return "too-many";
  return code >= 500 ? "bug" : "malformed";
}

function refuse(reply: FastifyReply, code: number, rule: string, error: string): FastifyReply {
  return reply.code(code).send({ error, rule });
}
