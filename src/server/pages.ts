/** What is served beside the API, and never needs a token: metrics for Prometheus, health for whoever runs the daemon. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { behindText } from "../core/keeping-up.ts";
import { orderText } from "../core/orders.ts";
import type { DaemonSnapshot } from "../daemon/snapshot.ts";
import type { Metrics } from "./metrics.ts";

export interface PageParts {
  readonly metrics: Metrics;
  /** Throws only on a bug. */
  readonly snapshot: () => DaemonSnapshot;
  readonly version: string;
}

export function addPages(app: FastifyInstance, { metrics, snapshot, version }: PageParts): void {
  app.get("/metrics", (_, reply) =>
    // Strings are counted by their length only outside of object mode, and a piece is enough to be ahead by.
    reply.type(metrics.contentType).send(Readable.from(metrics.page(snapshot()), { objectMode: false })),
  );
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
