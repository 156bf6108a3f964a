/**
 * The simulated Exoscale API v2, below `/v2`: who may ask, and which operation it is. Field names are those of its OpenAPI
 * description; what that leaves open is decided here and in the files beside, and written down in docs/simulator.md.
 */
import { findRoute, type Api, type ApiAnswer, type ApiRequest, type Route, type Routed } from "./api.ts";
import { ElasticIpOperations } from "./exoscale-elastic-ips.ts";
import { InstanceOperations } from "./exoscale-instances.ts";
import { refuseSignature } from "./exoscale-signature.ts";
import type { ExoscaleState } from "./exoscale-state.ts";
import { failed, missing, ok, operationBody } from "./exoscale-wire.ts";
import type { ExoscaleOperationName } from "./operations.ts";
import type { ApiKeySpec } from "./spec.ts";
import type { World } from "./world.ts";

const notFound: ApiAnswer = { status: 404, body: { message: "Not Found" } };

interface Asked {
  readonly operation: ExoscaleOperationName | null;
  readonly elasticIp: string | undefined;
}

/** Where a zone is served. */
export interface ZonePlace {
  /** What may stand before `/v2` in the path; it is signed as well. */
  readonly prefix: string;
  /** What `GET /zone` tells: every zone and its base URL with `/v2`; asked for when it is needed. */
  readonly zones: () => readonly { readonly name: string; readonly endpoint: string }[];
}

export class ExoscaleApi implements Api {
  readonly #state: ExoscaleState;
  readonly #place: ZonePlace;
  readonly #keys: ReadonlyMap<string, ApiKeySpec>;
  readonly #routes: readonly Route<ExoscaleOperationName>[];

  constructor(world: World, state: ExoscaleState, place: ZonePlace) {
    this.#state = state;
    this.#place = place;
    this.#keys = new Map(state.spec.apiKeys.map((each) => [each.key, each]));
    this.#routes = [
      { operation: "list-zones", method: "GET", path: /^\/v2\/zone$/, handle: () => this.#zones() },
      {
        operation: "get-operation",
        method: "GET",
        path: /^\/v2\/operation\/([^/:]+)$/,
        handle: (_request, id) => this.#operation(id),
      },
      ...new ElasticIpOperations(world, state).routes,
      ...new InstanceOperations(world, state).routes,
    ];
  }

  route(request: ApiRequest): Routed {
    const { prefix } = this.#place;
    const path = request.path.startsWith(prefix) ? request.path.slice(prefix.length) : request.path;
    const found = findRoute(this.#routes, { ...request, path });
    const operation = found?.route.operation ?? null;
    return {
      operation,
      answer: (nowMs) => {
        const refused = this.#refuse(request, nowMs, { operation, elasticIp: found?.parameters[0] });
        if (refused !== null) return refused;
        if (found === null) return notFound;
        const [first = "", second = ""] = found.parameters;
        return found.route.handle(request, first, second);
      },
    };
  }

  error(_status: number, message: string): unknown {
    return { message };
  }

  /** @param asked `elasticIp`: what stands for the id of an Elastic IP in the path, if anything does. */
  #refuse(request: ApiRequest, nowMs: number, asked: Asked): ApiAnswer | null {
    const { method, path, query, body } = request;
    const { operation, elasticIp } = asked;
    const { authorization } = request.headers;
    // The list of zones is public. Who signs the request for it must be allowed to, like for any other.
    if (operation === "list-zones" && authorization === undefined) return null;
    const secrets = new Map(Array.from(this.#keys.values(), ({ key, secret }) => [key, secret]));
    const signed = { method, path, query, body, authorization };
    const signature = refuseSignature(signed, secrets, nowMs / 1000);
    if (signature !== null) {
      return { status: 403, body: { message: "Invalid request signature" }, note: signature };
    }
    const key = /credential=([^,]+)/.exec(authorization ?? "")?.[1] ?? "";
    const policy = this.#keys.get(key)?.policy ?? null;
    if (policy === null || operation === null) return null;
    const named = operation.endsWith("elastic-ip") || operation === "reset-elastic-ip-field";
    const eip = named && elasticIp !== undefined ? this.#state.elasticIp(elasticIp) : undefined;
    return policy.allows({ operation, elasticIp: eip?.ip ?? null })
      ? null
      : failed(403, "Forbidden by role policy for compute");
  }

  /** Only the world's own zones: a client that follows an endpoint from here must not leave the simulation. */
  #zones(): ApiAnswer {
    const zones = this.#place.zones().map(({ name, endpoint }) => ({
      name,
      "api-endpoint": endpoint,
      // The simulator has no object storage: this leads nowhere, but within the simulation.
      "sos-endpoint": `${new URL(endpoint).origin}/sos`,
    }));
    return ok({ zones });
  }

  #operation(id: string): ApiAnswer {
    const operation = this.#state.operation(id);
    return operation === undefined ? missing("Operation", id) : ok(operationBody(operation));
  }
}
