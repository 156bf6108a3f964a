/** Exoscale's two operations on instances. Only `GET /instance/{id}` tells which Elastic IPs an instance has. */
import type { ApiAnswer, ApiRequest, Route } from "./api.ts";
import type { ElasticIp } from "./exoscale-changes.ts";
import { instanceQuery, type InstanceQuery } from "./exoscale-shape.ts";
import type { ExoscaleState, View } from "./exoscale-state.ts";
import { instanceBody, invalid, listedInstanceBody, missing, ok } from "./exoscale-wire.ts";
import { problemsOf } from "./json.ts";
import type { ExoscaleOperationName } from "./operations.ts";
import type { InstanceSpec } from "./spec.ts";
import type { World } from "./world.ts";

export class InstanceOperations {
  readonly #world: World;
  readonly #state: ExoscaleState;

  constructor(world: World, state: ExoscaleState) {
    this.#world = world;
    this.#state = state;
  }

  get routes(): readonly Route<ExoscaleOperationName>[] {
    return [
      {
        operation: "list-instances",
        method: "GET",
        path: /^\/v2\/instance$/,
        handle: (request) => this.#list(request),
      },
      {
        operation: "get-instance",
        method: "GET",
        path: /^\/v2\/instance\/([^/:]+)$/,
        handle: (_request, id) => this.#get(id),
      },
    ];
  }

  #list({ query }: ApiRequest): ApiAnswer {
    // An empty argument is none, as one of the official clients sends.
    const given = [...new URLSearchParams(query)].filter(([, value]) => value !== "");
    const parsed = instanceQuery.safeParse(Object.fromEntries(given));
    if (!parsed.success) return invalid(problemsOf(parsed.error));
    const view = this.#world.faults.view("list-instances");
    const instances = this.#state.spec.instances.filter((each) => this.#matches(each, parsed.data, view));
    return ok({ instances: instances.map(listedInstanceBody) });
  }

  #get(id: string): ApiAnswer {
    const instance = this.#state.spec.instances.find((each) => each.id === id.toLowerCase());
    if (instance === undefined) return missing("Instance", id);
    return ok(instanceBody(instance, this.#held(instance, this.#world.faults.view("get-instance"))));
  }

  #matches(instance: InstanceSpec, query: InstanceQuery, view: View): boolean {
    const { fields = {} } = instance;
    const address = query["ip-address"]?.toLowerCase();
    const manager = recordOf(fields["manager"]);
    const labels = recordOf(fields["labels"]);
    const wanted = query.labels?.split(",").map((pair) => pair.split("=", 2)) ?? [];
    return (
      (address === undefined || this.#addresses(instance, view).includes(address)) &&
      (query["manager-id"] === undefined || manager["id"] === query["manager-id"]) &&
      (query["manager-type"] === undefined || manager["type"] === query["manager-type"]) &&
      wanted.every(([name = "", value]) => labels[name] === value)
    );
  }

  #addresses(instance: InstanceSpec, view: View): readonly (string | null)[] {
    const held = this.#held(instance, view).map(({ ip }) => ip.toLowerCase());
    return [instance.publicIp, instance.ipv6Address ?? null, ...held];
  }

  #held(instance: InstanceSpec, view: View): readonly ElasticIp[] {
    return this.#state.elasticIps(view).filter(({ holders }) => holders.includes(instance.id));
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
