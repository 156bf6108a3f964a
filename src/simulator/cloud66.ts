/**
 * The simulated Cloud 66 API v3, below `/api/3`: failover groups in one of three wire formats, and stacks. What the wire
 * formats look like is in `cloud66-wire.ts`, what may be changed in `cloud66-changes.ts`.
 */
import { findRoute, type Api, type ApiAnswer, type ApiRequest, type Route, type Routed } from "./api.ts";
import { planCreate, planUpdate } from "./cloud66-changes.ts";
import type { Cloud66State, FailoverGroup } from "./cloud66-state.ts";
import { errorBody, failed, groupBody, listPaths, response, stackBody } from "./cloud66-wire.ts";
import { isMutation } from "./faults.ts";
import type { TokenSpec } from "./spec.ts";
import type { World } from "./world.ts";

const hourMs = 3_600_000;

export class Cloud66Api implements Api {
  readonly #world: World;
  readonly #state: Cloud66State;
  readonly #routes: readonly Route[];
  /** The present hour: when it began, and the requests in it. */
  #hour = { startMs: Number.NEGATIVE_INFINITY, requests: 0 };

  constructor(world: World, state: Cloud66State) {
    this.#world = world;
    this.#state = state;
    const all = listPaths[state.spec.dialect];
    this.#routes = [
      route("GET", "/ping/auth", "ping-auth", () => response({ ok: true })),
      route("GET", all, "list-failover-groups", (request) => this.#list(request)),
      route("POST", all, "create-failover-group", (request) => this.#create(request)),
      route("PUT", `${all}/([^/.]+)`, "update-failover-group", (request, uid) =>
        this.#withIdle(uid, (group) => this.#update(request, group)),
      ),
      route("DELETE", `${all}/([^/.]+)`, "delete-failover-group", (_request, uid) =>
        this.#withIdle(uid, () => {
          state.delete(uid);
          return response({ ok: true, message: "Failover group has been deleted" });
        }),
      ),
      route("GET", "/stacks/([^/.]+)", "get-stack", (_request, uid) => this.#stack(uid)),
    ];
  }

  route(request: ApiRequest): Routed {
    const found = findRoute(this.#routes, request);
    return {
      operation: found?.route.operation ?? null,
      answer: (nowMs) => {
        if (this.#throttles(nowMs)) return failed(503, "Throttled: too many requests in an hour");
        const token = this.#token(request);
        if (token === null) return failed(401, "The access token is invalid");
        if (found === null) return failed(404, "Resource not found");
        if (request.method !== "GET" && token.scope !== "admin") {
          return failed(403, "Insufficient scope: admin is needed", `token has scope ${token.scope}`);
        }
        if (request.method !== "GET" && token.readonly) {
          return failed(403, "You do not have permission to edit this failover group", "token is readonly");
        }
        return found.route.handle(request, found.parameters[0] ?? "", "");
      },
    };
  }

  error(status: number, message: string): unknown {
    return errorBody(status, message);
  }

  #throttles(nowMs: number): boolean {
    const { requestsPerHour = null } = this.#state.spec;
    if (requestsPerHour === null) return false;
    if (nowMs - this.#hour.startMs >= hourMs) this.#hour = { startMs: nowMs, requests: 0 };
    this.#hour.requests += 1;
    return this.#hour.requests > requestsPerHour;
  }

  /** The scheme's name is compared in any case (RFC 9110, 11.1). */
  #token({ headers }: ApiRequest): TokenSpec | null {
    const match = /^bearer +(\S+)$/i.exec(headers.authorization ?? "");
    return this.#state.spec.tokens.find(({ token }) => token === match?.[1]) ?? null;
  }

  #list(request: ApiRequest): ApiAnswer {
    const groups = this.#state.groups(this.#world.faults.view("list-failover-groups"));
    const { pageSize } = this.#state.spec;
    const pages = Math.max(1, Math.ceil(groups.length / pageSize));
    const page = Number(new URLSearchParams(request.query).get("page") ?? 1);
    if (!Number.isInteger(page) || page < 1) return failed(400, "page must be a positive number");
    const readonly = this.#token(request)?.readonly ?? false;
    const shown = groups.slice((page - 1) * pageSize, page * pageSize);
    return {
      status: 200,
      body: {
        response: shown.map((group) => groupBody(this.#state, group, readonly)),
        count: shown.length,
        pagination: {
          previous: page > 1 ? page - 1 : null,
          next: page < pages ? page + 1 : null,
          current: page,
          per_page: pageSize,
          count: groups.length,
          pages,
        },
      },
    };
  }

  #withIdle(uid: string, handle: (group: FailoverGroup) => ApiAnswer): ApiAnswer {
    const group = this.#state.group(uid);
    if (group === undefined) return failed(404, `Failover group not found: ${uid}`);
    return group.busy
      ? failed(422, "The failover group cannot be changed at this time", "a flip is under way")
      : handle(group);
  }

  #create(request: ApiRequest): ApiAnswer {
    const plan = planCreate(this.#state, request.body);
    if (typeof plan === "string") return failed(400, plan);
    this.#state.create(plan.stacks, plan.current);
    return response({ ok: true, message: "Failover group has been created" });
  }

  #update(request: ApiRequest, group: FailoverGroup): ApiAnswer {
    const plan = planUpdate(this.#state, group, request.body);
    if (typeof plan === "string") return failed(400, plan);
    if (plan.stacks !== null) this.#state.setStacks(group.uid, plan.stacks);
    if (plan.current !== null) {
      const fault = this.#world.faults.take("update-failover-group", isMutation);
      this.#state.flip(group.uid, plan.current, fault);
    }
    return response({ ok: true, message: "Failover group update has been queued" });
  }

  #stack(uid: string): ApiAnswer {
    const stack = this.#state.spec.stacks.find((each) => each.uid === uid);
    return stack === undefined ? failed(404, `Stack not found: ${uid}`) : response(stackBody(stack));
  }
}

/** The official Go client asks for `.json`, other clients do not. */
function route(method: string, path: string, operation: Route["operation"], handle: Route["handle"]): Route {
  return { operation, method, path: new RegExp(`^/api/3${path}(?:\\.json)?$`), handle };
}
