/**
 * The simulated Exoscale API v2, below `/v2`. Field names are those of its OpenAPI description; what that leaves open is
 * decided here and written down in docs/simulator.md.
 */
import { z } from "zod";
import { findRoute, type Api, type ApiAnswer, type ApiRequest, type Route, type Routed } from "./api.ts";
import { refuseSignature } from "./exoscale-signature.ts";
import type { ExoscaleState, Operation, View } from "./exoscale-state.ts";
import { isMutation, isRead } from "./faults.ts";
import { parseJson } from "./json.ts";
import type { ElasticIpSpec, InstanceSpec } from "./spec.ts";
import type { World } from "./world.ts";

/** Every simulated instance is of the same size and made from the same template. */
const instanceType = { id: "b6cd1ff5-3a2f-4e9d-a4d1-8988c1191fe8", family: "standard", size: "small" };
const template = { id: "00000000-0000-4000-8000-000000000001", name: "Simulated Linux" };
const createdAt = "2026-01-01T00:00:00Z";

/** Of attach and detach. Unknown fields are ignored, as they are at Exoscale. */
const moveBody = z.object({ instance: z.object({ id: z.string() }) });

const notFound: ApiAnswer = { status: 404, body: { message: "Not Found" } };

export class ExoscaleApi implements Api {
  readonly #world: World;
  readonly #state: ExoscaleState;
  readonly #endpoint: () => string;
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #routes: readonly Route[];

  /** @param endpoint Base URL of this API, which `GET /zone` tells; asked for when it is needed. */
  constructor(world: World, state: ExoscaleState, endpoint: () => string) {
    this.#world = world;
    this.#state = state;
    this.#endpoint = endpoint;
    this.#secrets = new Map(state.spec.apiKeys.map(({ key, secret }) => [key, secret]));
    this.#routes = this.#table();
  }

  route(request: ApiRequest): Routed {
    const found = findRoute(this.#routes, request);
    return {
      operation: found?.route.operation ?? null,
      answer: () => {
        // The list of zones is public, also for a caller that signs it.
        const open = found?.route.operation === "list-zones";
        const refused = open ? null : this.#refuse(request);
        if (refused !== null) {
          return { status: 403, body: { message: "Invalid request signature" }, note: refused };
        }
        return found === null ? notFound : found.route.handle(request, found.parameter);
      },
    };
  }

  error(_status: number, message: string): unknown {
    return { message };
  }

  #refuse({ method, path, query, body, headers }: ApiRequest): string | null {
    const signed = { method, path, query, body, authorization: headers.authorization };
    return refuseSignature(signed, this.#secrets, Date.now() / 1000);
  }

  #table(): readonly Route[] {
    const get = { method: "GET" };
    const put = { method: "PUT" };
    return [
      { ...get, operation: "list-zones", path: /^\/v2\/zone$/, handle: () => this.#zones() },
      {
        ...get,
        operation: "list-elastic-ips",
        path: /^\/v2\/elastic-ip$/,
        handle: () => ok({ "elastic-ips": this.#state.spec.elasticIps.map(elasticIpBody) }),
      },
      {
        ...get,
        operation: "get-elastic-ip",
        path: /^\/v2\/elastic-ip\/([^/:]+)$/,
        handle: (_request, id) => this.#getElasticIp(id),
      },
      {
        ...put,
        operation: "attach-instance-to-elastic-ip",
        path: /^\/v2\/elastic-ip\/([^/:]+):attach$/,
        handle: (request, id) => this.#move("attach", id, request.body),
      },
      {
        ...put,
        operation: "detach-instance-from-elastic-ip",
        path: /^\/v2\/elastic-ip\/([^/:]+):detach$/,
        handle: (request, id) => this.#move("detach", id, request.body),
      },
      {
        ...get,
        operation: "list-instances",
        path: /^\/v2\/instance$/,
        handle: (request) => this.#listInstances(new URLSearchParams(request.query)),
      },
      {
        ...get,
        operation: "get-instance",
        path: /^\/v2\/instance\/([^/:]+)$/,
        handle: (_request, id) => this.#getInstance(id),
      },
      {
        ...get,
        operation: "get-operation",
        path: /^\/v2\/operation\/([^/:]+)$/,
        handle: (_request, id) => {
          const operation = this.#state.operation(id);
          return operation === undefined ? missing("Operation", id) : ok(operationBody(operation));
        },
      },
    ];
  }

  /** Only the world's own zone: a client that follows an endpoint from here must not leave the simulation. */
  #zones(): ApiAnswer {
    return ok({ zones: [{ name: this.#state.spec.zone, "api-endpoint": this.#endpoint() }] });
  }

  #getElasticIp(id: string): ApiAnswer {
    const eip = this.#elasticIpById(id);
    return eip === undefined ? missing("Elastic IP", id) : ok(elasticIpBody(eip));
  }

  #listInstances(query: URLSearchParams): ApiAnswer {
    const view = this.#view("list-instances");
    const address = query.get("ip-address")?.toLowerCase();
    const instances = this.#state.spec.instances.filter(
      (instance) =>
        address === undefined ||
        instance.publicIp === address ||
        this.#held(instance, view).some(({ ip }) => ip.toLowerCase() === address),
    );
    return ok({ instances: instances.map(listedInstanceBody) });
  }

  #getInstance(id: string): ApiAnswer {
    const instance = this.#instanceById(id);
    if (instance === undefined) return missing("Instance", id);
    return ok({
      ...listedInstanceBody(instance),
      "disk-size": 10,
      "elastic-ips": this.#held(instance, this.#view("get-instance")).map((eip) => ({ id: eip.id })),
    });
  }

  #move(change: "attach" | "detach", elasticIpId: string, body: Buffer): ApiAnswer {
    const ref = parseJson(moveBody, body);
    if (!ref.ok) return { status: 400, body: { message: `Invalid request: ${ref.problem}` } };
    const instanceId = ref.value.instance.id;
    const eip = this.#elasticIpById(elasticIpId);
    if (eip === undefined) return missing("Elastic IP", elasticIpId);
    const instance = this.#instanceById(instanceId);
    if (instance === undefined) return missing("Instance", instanceId);
    if (change === "detach" && !this.#state.holders(eip).includes(instance.id)) {
      return {
        status: 404,
        body: { message: `Elastic IP ${eip.id} is not attached to instance ${instance.id}` },
      };
    }
    const operation =
      change === "attach" ? "attach-instance-to-elastic-ip" : "detach-instance-from-elastic-ip";
    const fault = this.#world.faults.take(operation, isMutation);
    return ok(operationBody(this.#state.begin(change, eip, instance, fault)));
  }

  #view(operation: "list-instances" | "get-instance"): View {
    return this.#world.faults.take(operation, isRead) === null ? "now" : "before";
  }

  #held(instance: InstanceSpec, view: View): readonly ElasticIpSpec[] {
    return this.#state.spec.elasticIps.filter((eip) => this.#state.holders(eip, view).includes(instance.id));
  }

  /** The API knows ids only, unlike the control interface, which also takes names and addresses. */
  #elasticIpById(id: string): ElasticIpSpec | undefined {
    return this.#state.spec.elasticIps.find((eip) => eip.id === id.toLowerCase());
  }

  #instanceById(id: string): InstanceSpec | undefined {
    return this.#state.spec.instances.find((instance) => instance.id === id.toLowerCase());
  }
}

function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

function missing(what: string, id: string): ApiAnswer {
  return { status: 404, body: { message: `${what} not found: ${id}` } };
}

function elasticIpBody(eip: ElasticIpSpec): unknown {
  return {
    id: eip.id,
    ip: eip.ip,
    addressfamily: eip.ip.includes(":") ? "inet6" : "inet4",
    // An IPv6 Elastic IP is a /96.
    ...(eip.ip.includes(":") && { cidr: `${eip.ip}/96` }),
    ...(eip.description !== null && { description: eip.description }),
    ...(eip.healthcheck !== null && { healthcheck: eip.healthcheck }),
    labels: {},
  };
}

/** As in a list: without `elastic-ips`, which only `GET /instance/{id}` tells. */
function listedInstanceBody(instance: InstanceSpec): Record<string, unknown> {
  return {
    id: instance.id,
    name: instance.name,
    state: instance.state,
    ...(instance.publicIp !== null && { "public-ip": instance.publicIp }),
    "public-ip-assignment": instance.publicIp === null ? "none" : "inet4",
    "instance-type": instanceType,
    template,
    labels: {},
    "security-groups": [],
    "private-networks": [],
    "ssh-keys": [],
    "created-at": createdAt,
  };
}

function operationBody(operation: Operation): unknown {
  return {
    id: operation.id,
    state: operation.state,
    ...(operation.reason !== null && { reason: operation.reason }),
    ...(operation.message !== null && { message: operation.message }),
    reference: {
      id: operation.elasticIp,
      link: `/v2/elastic-ip/${operation.elasticIp}`,
      command: "get-elastic-ip",
    },
  };
}
