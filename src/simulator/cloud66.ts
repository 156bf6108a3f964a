/**
 * The simulated Cloud 66 API v3, below `/api/3`: failover groups in one of three wire formats, and stacks. What the wire
 * formats look like is in `cloud66-wire.ts`.
 */
import { z } from "zod";
import { findRoute, type Api, type ApiAnswer, type ApiRequest, type Route, type Routed } from "./api.ts";
import type { Cloud66State, FailoverGroup } from "./cloud66-state.ts";
import { groupBody, listPaths, readSide, stackBody } from "./cloud66-wire.ts";
import { isMutation, isRead } from "./faults.ts";
import { parseJson } from "./json.ts";
import type { Side, TokenSpec } from "./spec.ts";
import type { World } from "./world.ts";

const updateBody = z.object({
  current_stack: z.unknown().optional(),
  primary_stack_uid: z.unknown().optional(),
  secondary_stack_uid: z.unknown().optional(),
});

export class Cloud66Api implements Api {
  readonly #world: World;
  readonly #state: Cloud66State;
  readonly #routes: readonly Route[];

  constructor(world: World, state: Cloud66State) {
    this.#world = world;
    this.#state = state;
    const path = listPaths[state.spec.dialect];
    // The official Go client asks for `.json`, other clients do not.
    this.#routes = [
      {
        method: "GET",
        operation: "ping-auth",
        path: /^\/api\/3\/ping\/auth(?:\.json)?$/,
        handle: () => response({ ok: true }),
      },
      {
        method: "GET",
        operation: "list-failover-groups",
        path: new RegExp(`^/api/3${path}(?:\\.json)?$`),
        handle: (request) => this.#list(request),
      },
      {
        method: "PUT",
        operation: "update-failover-group",
        path: new RegExp(`^/api/3${path}/([^/.]+)(?:\\.json)?$`),
        handle: (request, uid) => this.#update(request, uid),
      },
      {
        method: "GET",
        operation: "get-stack",
        path: /^\/api\/3\/stacks\/([^/.]+)(?:\.json)?$/,
        handle: (_request, uid) => this.#stack(uid),
      },
    ];
  }

  route(request: ApiRequest): Routed {
    const found = findRoute(this.#routes, request);
    return {
      operation: found?.route.operation ?? null,
      answer: () => {
        const token = this.#token(request);
        if (token === null) return failed(401, "The access token is invalid");
        if (found === null) return failed(404, "Resource not found");
        if (request.method !== "GET" && token.scope !== "admin") {
          return failed(403, "Insufficient scope: admin is needed", `token has scope ${token.scope}`);
        }
        if (request.method !== "GET" && token.readonly) {
          return failed(403, "You do not have permission to edit this failover group", "token is readonly");
        }
        return found.route.handle(request, found.parameter);
      },
    };
  }

  error(status: number, message: string): unknown {
    return errorBody(status, message);
  }

  /** The scheme's name is compared in any case (RFC 9110, 11.1). */
  #token({ headers }: ApiRequest): TokenSpec | null {
    const match = /^bearer +(\S+)$/i.exec(headers.authorization ?? "");
    return this.#state.spec.tokens.find(({ token }) => token === match?.[1]) ?? null;
  }

  #list(request: ApiRequest): ApiAnswer {
    const view = this.#world.faults.take("list-failover-groups", isRead) === null ? "now" : "before";
    const groups = this.#state.groups(view);
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

  /** Removes the stacks whose uid is the empty string, then flips when `current_stack` is given. */
  #update(request: ApiRequest, uid: string): ApiAnswer {
    const group = this.#state.group(uid);
    if (group === undefined) return failed(404, `Failover group not found: ${uid}`);
    const parsed = parseJson(updateBody, request.body);
    if (!parsed.ok) return failed(400, parsed.problem);
    const body = parsed.value;

    const removed = (["primary", "secondary"] as const).filter((side) => body[`${side}_stack_uid`] === "");
    const wanted = body.current_stack;
    let side: Side | null = null;
    if (wanted !== undefined) {
      side = readSide(this.#state.spec.dialect, wanted);
      const problem = side === null ? `current_stack is invalid: ${JSON.stringify(wanted)}` : null;
      const refused = problem === null ? refuseFlip(group, side, removed) : failed(400, problem);
      if (refused !== null) return refused;
    }
    for (const each of removed) this.#state.removeStack(uid, each);
    if (side !== null) {
      this.#state.flip(uid, side, this.#world.faults.take("update-failover-group", isMutation));
    }
    return response({ ok: true, message: "Failover group update has been queued" });
  }

  #stack(uid: string): ApiAnswer {
    const stack = this.#state.spec.stacks.find((each) => each.uid === uid);
    return stack === undefined ? failed(404, `Stack not found: ${uid}`) : response(stackBody(stack));
  }
}

/** @returns the refusal, or null when the group may flip to `side`. */
function refuseFlip(group: FailoverGroup, side: Side | null, removed: readonly Side[]): ApiAnswer | null {
  if (group.busy)
    return failed(422, "The failover group cannot be updated at this time", "a flip is under way");
  const empty = side === null || group[side] === null || removed.includes(side);
  return empty ? failed(400, "The failover group has no stack on this side") : null;
}

function response(body: unknown): ApiAnswer {
  return { status: 200, body: { response: body } };
}

function failed(status: number, details: string, note: string = details): ApiAnswer {
  return { status, body: errorBody(status, details), note };
}

const errorNames: Readonly<Record<number, string>> = {
  400: "bad_request",
  401: "invalid_token",
  403: "forbidden",
  404: "not_found",
  422: "unprocessable_entity",
  503: "service_unavailable",
};

function errorBody(status: number, details: string): unknown {
  const error = errorNames[status] ?? "error";
  return { error, error_description: error.replaceAll("_", " "), details };
}
