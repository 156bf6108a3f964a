/**
 * A simulated Exoscale and Cloud 66 on loopback: one HTTP listener with both APIs and a control interface, forwarders
 * that stand for the addresses, and backends that can be broken. For the demo, for tests, and to drill one's own config.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { startBackends, type Backends } from "./backends.ts";
import type { Backend } from "./backend.ts";
import type { Api } from "./api.ts";
import { Cloud66Api } from "./cloud66.ts";
import { Control } from "./control.ts";
import { ExoscaleApi, type ZonePlace } from "./exoscale.ts";
import type { ExoscaleState } from "./exoscale-state.ts";
import { Forwarder } from "./forwarder.ts";
import { addresses } from "./addresses.ts";
import { bodyBytesMax, readRequest, serveApi, type ApiName } from "./http.ts";
import { closeServer, listen } from "./listen.ts";
import { sendJson } from "./reply.ts";
import { endpointText, type Endpoint, type WorldSpec } from "./spec.ts";
import { World } from "./world.ts";

export interface SimulatorOptions {
  /** Where the APIs are served; loopback only. Default: `listen` of the world. */
  readonly listen?: Endpoint;
  /** Told of every change and every request, a line of text each. Default: nobody. */
  readonly log?: (text: string) => void;
}

export interface Simulator {
  /** e.g. `http://127.0.0.1:9790`; the control interface is at `/world` below it. */
  readonly url: string;
  /** Base URL with `/v2`. */
  readonly exoscaleEndpoint: string;
  /** Base URL with `/api/3`. */
  readonly cloud66Endpoint: string;
  /** The running state: holders, faults, requests. */
  readonly world: World;
  /** The backends that the simulator serves itself, by name of the instance or stack. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** Where the forwarders listen, by address of the Elastic IP or uid of the failover group. */
  readonly forwards: ReadonlyMap<string, Endpoint>;
  /** PEM of the authority that signed the HTTPS backends. Null: there are none. */
  readonly caPem: string | null;
  /** Stops everything; what is open is reset. */
  close(): Promise<void>;
}

/** @throws when something cannot listen; whatever had started is stopped again. */
export async function startSimulator(spec: WorldSpec, options: SimulatorOptions = {}): Promise<Simulator> {
  const world = new World(spec, options.log ?? (() => undefined));
  await using started = new AsyncDisposableStack();
  started.defer(() => world.close());

  const backends = await startBackends(spec);
  started.defer(() => backends.close());

  const forwards = new Map<string, Endpoint>();
  for (const address of addresses(world, backends.byName)) {
    const forwarder = await Forwarder.start(address);
    started.defer(() => forwarder.close());
    world.onChange(() => forwarder.cutLost());
    forwards.set(address.key, forwarder.endpoint);
  }

  const { server, url } = await startServer(world, backends, options.listen ?? spec.listen);
  started.defer(async () => {
    const closed = closeServer(server);
    server.closeAllConnections();
    await closed;
  });

  const owned = started.move();
  return {
    url,
    exoscaleEndpoint: `${url}/v2`,
    cloud66Endpoint: `${url}/api/3`,
    world,
    backends: backends.byName,
    forwards,
    caPem: backends.caPem,
    close: async () => owned.disposeAsync(),
  };
}

/** An API, and the paths that lead to it. */
interface Served {
  readonly below: readonly string[];
  readonly name: ApiName;
  readonly api: Api;
}

/** Each zone has a place of its own, as it has a host of its own at Exoscale; the one that the world is about is at `/v2` too. */
function zoneApis(world: World, url: () => string): readonly Served[] {
  const { exoscale } = world;
  if (exoscale === null) return [];
  const states = world.zones;
  const zones: ZonePlace["zones"] = () =>
    states.map((state) => ({
      name: state.spec.zone,
      endpoint: `${url()}${state === exoscale ? "" : prefixOf(state)}/v2`,
    }));
  return states.map((state) => {
    const prefix = prefixOf(state);
    const below = [`${prefix}/v2/`, ...(state === exoscale ? ["/v2/"] : [])];
    return { below, name: "exoscale", api: new ExoscaleApi(world, state, { prefix, zones }) };
  });
}

function prefixOf({ spec }: ExoscaleState): string {
  return `/zones/${spec.zone}`;
}

async function startServer(
  world: World,
  backends: Backends,
  where: Endpoint,
): Promise<{ readonly server: Server; readonly url: string }> {
  let url = "";
  const apis: readonly Served[] = [
    ...zoneApis(world, () => url),
    ...(world.cloud66 === null
      ? []
      : [{ below: ["/api/3/"], name: "cloud66" as const, api: new Cloud66Api(world, world.cloud66) }]),
  ];
  const control = new Control(world, backends.byName);

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming);
    if (request === null) {
      response.setHeader("connection", "close");
      sendJson(response, 413, { message: `The body is larger than ${bodyBytesMax} bytes` });
      return;
    }
    const served = apis.find(({ below }) => below.some((path) => request.path.startsWith(path)));
    if (served !== undefined) {
      await serveApi(world, served, request, response);
      return;
    }
    const { status, body } = /^\/world(\/|$)/.test(request.path)
      ? await control.answer(request)
      : { status: 404, body: { message: "Not Found: there are /v2, /api/3 and /world" } };
    sendJson(response, status, body);
  };

  const server = createServer((incoming, response) => {
    // The client has gone, or the world ends: nobody is left to be told.
    response.on("error", () => undefined);
    serve(incoming, response).catch(() => response.destroy());
  });
  url = `http://${endpointText(await listen(server, where, "the simulator"))}`;
  return { server, url };
}
