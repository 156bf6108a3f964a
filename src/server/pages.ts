/** What is served beside the API, and never needs a token: metrics for Prometheus, health for whoever runs the daemon. */
import { Readable } from "node:stream";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { behindText } from "../core/keeping-up.ts";
import { orderText } from "../core/orders.ts";
import type { DaemonSnapshot } from "../daemon/snapshot.ts";
import type { Metrics } from "./metrics.ts";

export interface PageParts {
  readonly metrics: Metrics;
  /** Throws only on a bug. */
  readonly snapshot: () => DaemonSnapshot;
  readonly version: string;
  /** @returns what ends a page of metrics that is not read to its end. Default: a minute later. */
  readonly metricsDeadline?: () => AbortSignal;
}

/** Pages of metrics under way: a pair of Prometheus servers and a few people. Each keeps its gauges until it is read. */
export const metricsPagesMax = 8;
/** The longest that a scrape may last for Prometheus, unless somebody asks for less than one in a minute. Milliseconds. */
const metricsTimeoutMs = 60_000;

/** @param onBug is told of every answer that failed, also of one that was cut half-way. */
export async function addPages(
  app: FastifyInstance,
  parts: PageParts,
  onBug: (error: Error) => void,
): Promise<void> {
  await app.register((scope, _, done) => {
    scope.setErrorHandler<FastifyError>((error, _, reply) => {
      const code = error.statusCode ?? 500;
      if (code >= 500) onBug(error);
      return reply.code(code).type("text/plain").send(`${error.message}\n`);
    });
    addMetrics(scope, parts, onBug);
    addOthers(scope, parts);
    done();
  });
}

function addMetrics(app: FastifyInstance, parts: PageParts, onBug: (error: Error) => void): void {
  const { metrics, snapshot, metricsDeadline = () => AbortSignal.timeout(metricsTimeoutMs) } = parts;
  const open = new Set<Readable>();
  // A HEAD by fastify would write the whole page for nobody.
  app.head("/metrics", (_, reply) => reply.type(metrics.contentType).send());
  app.get("/metrics", { exposeHeadRoute: false }, (_, reply) => {
    if (open.size >= metricsPagesMax) return refuseMetrics(reply);
    const signal = metricsDeadline();
    // Strings are counted by their length only outside of object mode, and a piece is enough to be ahead by.
    const page = Readable.from(metrics.page(snapshot()), { objectMode: false, signal });
    open.add(page);
    page.once("close", () => open.delete(page));
    page.once("error", (error) => {
      // Before the headers are sent it is the error handler's. A reader that took too long is no bug.
      if (!signal.aborted && reply.raw.headersSent)
        onBug(new Error(`The page of metrics was cut: ${error.message}`, { cause: error }));
    });
    return reply.type(metrics.contentType).send(page);
  });
}

function refuseMetrics(reply: FastifyReply): FastifyReply {
  const text = `There are ${metricsPagesMax} scrapes under way already: try again when one of them has ended\n`;
  return reply.code(503).header("retry-after", "1").type("text/plain").send(text);
}

function addOthers(app: FastifyInstance, { snapshot, version }: PageParts): void {
  app.get("/livez", (_, reply) => reply.type("text/plain").send("ok\n"));
  app.get("/readyz", (_, reply) => {
    const readiness = readinessOf(snapshot());
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get("/", (_, reply) => reply.type("text/plain").send(`failoverd ${version}\n\n${contents}`));
}

const contents = `/metrics        for Prometheus
/livez          is the process alive
/readyz         is every group judged, and what is each doing
/api/v1/status  all of it as JSON; docs/openapi.json describes the API
/api/v1/events  what happens, as it happens: server-sent events
`;

/**
 * Ready: every group has left its start, so that each health is known or has had its time. What stands in the way of a move is told
 * and changes nothing: a restart would not mend it.
 */
function readinessOf(snapshot: DaemonSnapshot): { readonly ready: boolean } & Record<string, unknown> {
  const groups = Object.fromEntries(
    snapshot.groups.map(({ name, state, rule, why, holders, paused, healthcheck, preflight }) => [
      name,
      {
        state,
        rule,
        why,
        holders,
        paused: paused && orderText(paused),
        ...(healthcheck === null
          ? {}
          : { healthcheck: { text: healthcheck.text, trouble: healthcheck.trouble?.text ?? null } }),
        preflight: { readiness: preflight.readiness, why: preflight.why },
      },
    ]),
  );
  const { distrust, behind } = snapshot;
  const ready = snapshot.groups.every((group) => group.state !== "starting");
  return { ready, distrust, behind: behind && behindText(behind), groups };
}
