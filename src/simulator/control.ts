/**
 * The control interface below `/world`: look at the simulated world and break it by hand. Not part of any cloud; no
 * credentials, as it is reachable from loopback only.
 */
import { z } from "zod";
import { errorText } from "../core/error-text.ts";
import type { ApiAnswer, ApiRequest } from "./api.ts";
import type { Backend } from "./backend.ts";
import { faultList } from "./fault-shape.ts";
import { parseJson, problemsOf } from "./json.ts";
import { requestFilter } from "./request-log.ts";
import type { World } from "./world.ts";
import { backendView, faultView, groupView, worldView } from "./world-view.ts";

type Handler = (request: ApiRequest, ...parameters: string[]) => ApiAnswer | Promise<ApiAnswer>;

const holderList = z.array(z.string()).max(1000);
const side = z.enum(["primary", "secondary"]);

export class Control {
  readonly #world: World;
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #routes: readonly (readonly [string, RegExp, Handler])[];

  constructor(world: World, backends: ReadonlyMap<string, Backend>) {
    this.#world = world;
    this.#backends = backends;
    this.#routes = [
      ["GET", /^\/world$/, () => ok(worldView(world, backends))],
      ["GET", /^\/world\/requests$/, ({ query }) => this.#requests(query)],
      ["GET", /^\/world\/faults$/, () => ok(world.faults.faults.map(faultView))],
      ["POST", /^\/world\/faults$/, ({ body }) => this.#setFaults(body)],
      [
        "POST",
        /^\/world\/backends\/([^/]+)\/(kill|hang|revive)$/,
        async (_request, name, change) => this.#changeBackend(name ?? "", change),
      ],
      [
        "POST",
        /^\/world\/elastic-ips\/([^/]+)\/holders$/,
        ({ body }, ref) => this.#setHolders(ref ?? "", body),
      ],
      [
        "POST",
        /^\/world\/failover-groups\/([^/]+)\/current$/,
        ({ body }, uid) => this.#setCurrent(uid ?? "", body),
      ],
    ];
  }

  async answer(request: ApiRequest): Promise<ApiAnswer> {
    for (const [method, path, handle] of this.#routes) {
      const match = method === request.method ? path.exec(request.path) : null;
      if (match !== null) return handle(request, ...match.slice(1).map(decoded));
    }
    const known = this.#routes.map(([method, path]) => `${method} ${path.source.replaceAll(/[\\^$]/g, "")}`);
    return failed(404, `No such control: ${request.method} ${request.path}. There are: ${known.join(", ")}`);
  }

  #requests(query: string): ApiAnswer {
    const filter = requestFilter.safeParse(Object.fromEntries(new URLSearchParams(query)));
    return filter.success
      ? ok(this.#world.requests.find(filter.data))
      : failed(400, problemsOf(filter.error).join("; "));
  }

  #setFaults(body: Buffer): ApiAnswer {
    const faults = parseJson(faultList, body);
    if (!faults.ok) return failed(400, faults.problem);
    this.#world.faults.replace(faults.value);
    return ok(this.#world.faults.faults.map(faultView));
  }

  async #changeBackend(name: string, change: string | undefined): Promise<ApiAnswer> {
    const backend = this.#backends.get(name);
    if (backend === undefined) return failed(404, `The simulator serves no backend ${name}`);
    try {
      if (change === "kill") await backend.kill();
      else if (change === "hang") await backend.hang();
      else await backend.revive();
    } catch (error) {
      return failed(409, errorText(error));
    }
    return ok(backendView(backend));
  }

  #setHolders(ref: string, body: Buffer): ApiAnswer {
    const state = this.#world.exoscale;
    const eip = state?.elasticIp(ref);
    if (!state || eip === undefined) return failed(404, `No Elastic IP has this address or id: ${ref}`);
    const refs = parseJson(holderList, body);
    if (!refs.ok) return failed(400, refs.problem);
    const ids = refs.value.map((each) => state.instance(each)?.id);
    const unknown = refs.value.find((_ref, index) => ids[index] === undefined);
    if (unknown !== undefined) return failed(400, `No instance has this name or id: ${unknown}`);
    state.setHolders(eip, [...new Set(ids.filter((id) => id !== undefined))]);
    return ok({ ip: eip.ip, holders: state.holders(eip).map((id) => state.instance(id)?.name ?? id) });
  }

  #setCurrent(uid: string, body: Buffer): ApiAnswer {
    const state = this.#world.cloud66;
    const group = state?.group(uid);
    if (!state || group === undefined) return failed(404, `No failover group has this uid: ${uid}`);
    const wanted = parseJson(side, body);
    if (!wanted.ok) return failed(400, wanted.problem);
    if (group[wanted.value] === null) return failed(400, `The ${wanted.value} side has no stack`);
    state.setCurrent(uid, wanted.value);
    return ok(groupView(state.group(uid) ?? group));
  }
}

/** A path segment that is not valid percent-encoding stays as it is, and then is not found. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

function failed(status: number, message: string): ApiAnswer {
  return { status, body: { message } };
}
