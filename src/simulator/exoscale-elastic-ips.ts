/** Exoscale's operations on Elastic IPs: the eight of `/elastic-ip`, and the three of their reverse DNS. */
import type { z } from "zod";
import type { ApiAnswer, ApiRequest, Route } from "./api.ts";
import {
  attach,
  create,
  detach,
  remove,
  resetDescription,
  setReverseDns,
  update,
  type Change,
  type ElasticIp,
} from "./exoscale-changes.ts";
import { createBody, moveBody, reverseDnsBody, updateBody } from "./exoscale-shape.ts";
import type { ExoscaleState } from "./exoscale-state.ts";
import { elasticIpBody, failed, invalid, isIpv6, missing, ok, operationBody } from "./exoscale-wire.ts";
import { isMutation } from "./faults.ts";
import { parseJson } from "./json.ts";
import type { ExoscaleOperationName } from "./operations.ts";
import type { World } from "./world.ts";

type Handler = (eip: ElasticIp, request: ApiRequest, field: string) => ApiAnswer;

export class ElasticIpOperations {
  readonly #world: World;
  readonly #state: ExoscaleState;

  constructor(world: World, state: ExoscaleState) {
    this.#world = world;
    this.#state = state;
  }

  get routes(): readonly Route<ExoscaleOperationName>[] {
    const all = "/elastic-ip";
    const one = "/elastic-ip/([^/:]+)";
    const reverse = "/reverse-dns/elastic-ip/([^/:]+)";
    const move = (kind: "attach" | "detach") => this.#one((eip, request) => this.#move(kind, eip, request));
    return [
      route("POST", all, "create-elastic-ip", (request) => this.#create(request)),
      route("GET", all, "list-elastic-ips", () => this.#list()),
      route("GET", one, "get-elastic-ip", (_request, id) => this.#get(id)),
      route(
        "PUT",
        one,
        "update-elastic-ip",
        this.#one((eip, request) => this.#update(eip, request)),
      ),
      route(
        "DELETE",
        one,
        "delete-elastic-ip",
        this.#one((eip) => this.#delete(eip)),
      ),
      route(
        "DELETE",
        `${one}/([^/]+)`,
        "reset-elastic-ip-field",
        this.#one((eip, _request, field) => this.#reset(eip, field)),
      ),
      route("PUT", `${one}:attach`, "attach-instance-to-elastic-ip", move("attach")),
      route("PUT", `${one}:detach`, "detach-instance-from-elastic-ip", move("detach")),
      route(
        "GET",
        reverse,
        "get-reverse-dns-elastic-ip",
        this.#one((eip) => reverseDns(eip)),
      ),
      route(
        "POST",
        reverse,
        "update-reverse-dns-elastic-ip",
        this.#one((eip, request) =>
          this.#withBody(reverseDnsBody, request, (body) =>
            this.#begin("update-reverse-dns-elastic-ip", setReverseDns(eip.id, body["domain-name"])),
          ),
        ),
      ),
      route(
        "DELETE",
        reverse,
        "delete-reverse-dns-elastic-ip",
        this.#one((eip) =>
          eip.domainName === null
            ? missing("Reverse DNS record", eip.id)
            : this.#begin("delete-reverse-dns-elastic-ip", setReverseDns(eip.id, null)),
        ),
      ),
    ];
  }

  /** The API knows ids only, unlike the control interface, which also takes addresses. */
  #one(handle: Handler): Route<ExoscaleOperationName>["handle"] {
    return (request, id, field) => {
      const eip = this.#state.elasticIps().find((each) => each.id === id.toLowerCase());
      return eip === undefined ? missing("Elastic IP", id) : handle(eip, request, field);
    };
  }

  #withBody<T>(shape: z.ZodType<T>, request: ApiRequest, handle: (body: T) => ApiAnswer): ApiAnswer {
    const parsed = parseJson(shape, request.body);
    return parsed.ok ? handle(parsed.value) : invalid(parsed.problems);
  }

  #begin(operation: ExoscaleOperationName, change: Change): ApiAnswer {
    const fault = this.#world.faults.take(operation, isMutation);
    return ok(operationBody(this.#state.begin(change, fault)));
  }

  #list(): ApiAnswer {
    const view = this.#world.faults.view("list-elastic-ips");
    return ok({ "elastic-ips": this.#state.elasticIps(view).map(elasticIpBody) });
  }

  #get(id: string): ApiAnswer {
    const view = this.#world.faults.view("get-elastic-ip");
    const eip = this.#state.elasticIps(view).find((each) => each.id === id.toLowerCase());
    return eip === undefined ? missing("Elastic IP", id) : ok(elasticIpBody(eip));
  }

  #create(request: ApiRequest): ApiAnswer {
    return this.#withBody(createBody, request, ({ addressfamily, ...change }) => {
      const ip = this.#freeAddress(addressfamily);
      return ip === null
        ? failed(409, `No ${addressfamily} address is left`)
        : this.#begin("create-elastic-ip", create(ip, change));
    });
  }

  /** From the ranges for documentation (RFC 5737, RFC 3849). An address is given only once. Null: none is left. */
  #freeAddress(family: "inet4" | "inet6"): string | null {
    const { zones, given } = this.#world;
    const taken = new Set(zones.flatMap((zone) => zone.elasticIps().map(({ ip }) => ip)));
    const last = family === "inet4" ? 254 : 0xff_ff;
    while (given[family] < last) {
      given[family] += 1;
      const number = given[family];
      const ip = family === "inet4" ? `203.0.113.${number}` : `2001:db8:0:${number.toString(16)}::`;
      if (!taken.has(ip)) return ip;
    }
    return null;
  }

  #update(eip: ElasticIp, request: ApiRequest): ApiAnswer {
    return this.#withBody(updateBody, request, (change) =>
      change.healthcheck !== undefined && eip.healthcheck === null
        ? invalid(["healthcheck cannot be added to a manual Elastic IP"])
        : this.#begin("update-elastic-ip", update(eip.id, change)),
    );
  }

  #delete(eip: ElasticIp): ApiAnswer {
    return eip.holders.length > 0
      ? failed(409, `Elastic IP ${eip.id} is attached to an instance`)
      : this.#begin("delete-elastic-ip", remove(eip.id));
  }

  #reset(eip: ElasticIp, field: string): ApiAnswer {
    return field === "description"
      ? this.#begin("reset-elastic-ip-field", resetDescription(eip.id))
      : invalid([`field must be description: ${field}`]);
  }

  #move(kind: "attach" | "detach", eip: ElasticIp, request: ApiRequest): ApiAnswer {
    return this.#withBody(moveBody, request, ({ instance: { id } }) => {
      const instance = this.#state.spec.instances.find((each) => each.id === id);
      if (instance === undefined) return missing("Instance", id);
      if (kind === "detach") {
        return eip.holders.includes(id)
          ? this.#begin("detach-instance-from-elastic-ip", detach(eip.id, id))
          : failed(404, `Elastic IP ${eip.id} is not attached to instance ${id}`);
      }
      if (isIpv6(eip.ip) && (instance.ipv6Address ?? null) === null) {
        return failed(412, `Instance ${id} has no IPv6`);
      }
      return this.#begin("attach-instance-to-elastic-ip", attach(eip.id, id));
    });
  }
}

function route(
  method: string,
  path: string,
  operation: ExoscaleOperationName,
  handle: Route<ExoscaleOperationName>["handle"],
): Route<ExoscaleOperationName> {
  return { operation, method, path: new RegExp(`^/v2${path}$`), handle };
}

function reverseDns({ id, domainName }: ElasticIp): ApiAnswer {
  return domainName === null ? missing("Reverse DNS record", id) : ok({ "domain-name": domainName });
}
