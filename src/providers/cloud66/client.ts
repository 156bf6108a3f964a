/**
 * Cloud 66's API v3 in typed calls. There is no way to read one failover group, so the list is read and shared by all groups
 * of the account that ask at the same time. It draws no conclusions.
 */
import type { z } from "zod";

import { readResult, type Result } from "../failure.ts";
import {
  createHttpClient,
  type Authorization,
  type Budget,
  type HttpCall,
  type HttpClient,
} from "../http.ts";
import type { Credential, ProviderServices } from "../provider.ts";
import { GroupList, type GroupPath } from "./group-list.ts";
import {
  errorMessage,
  groupPageSchema,
  stackSchema,
  verdictSchema,
  type CurrentStack,
  type FailoverGroup,
  type StackState,
  type Verdict,
} from "./wire.ts";

export interface Cloud66Account {
  /** Base URL with `/api/3`. */
  readonly endpoint: string;
  readonly token: Credential;
  /** Sent as `X-Account`. Null: the token's own account. */
  readonly account: string | null;
  /** `auto`: `/elastic_addresses`, and `/failover_groups` when that is not found. */
  readonly path: "auto" | GroupPath;
}

export interface Cloud66Client {
  /** All failover groups of the account, every page. Calls at the same time share one list that is not older than any change of ours. */
  listGroups(signal: AbortSignal): Promise<Result<readonly FailoverGroup[]>>;
  /** Sends only `current_stack`: an empty stack uid beside it would take the stack out of the group. */
  flip(uid: string, current: CurrentStack, budget: Budget): Promise<Result<Verdict>>;
  getStack(uid: string, budget: Budget): Promise<Result<StackState>>;
  pingAuth(budget: Budget): Promise<Result<Verdict>>;
  close(): Promise<void>;
}

interface Question<T> {
  readonly operation: string;
  /** Below the base URL, escaped, with the query. */
  readonly path: string;
  readonly schema: z.ZodType<T>;
}

export function createCloud66Client(account: Cloud66Account, services: ProviderServices): Cloud66Client {
  return new Client(account, services);
}

class Client implements Cloud66Client {
  readonly #account: Cloud66Account;
  readonly #basePath: string;
  readonly #http: HttpClient;
  readonly #list: GroupList;

  constructor(account: Cloud66Account, services: ProviderServices) {
    const base = new URL(account.endpoint);
    this.#account = account;
    this.#basePath = base.pathname.replace(/\/+$/, "");
    this.#http = createHttpClient({ origin: base.origin }, services);
    const askPage = (path: string, budget: Budget) =>
      this.#ask({ operation: "list-elastic-addresses", path, schema: groupPageSchema }, budget);
    this.#list = new GroupList(askPage, account.path, () => services.now());
  }

  listGroups(signal: AbortSignal): Promise<Result<readonly FailoverGroup[]>> {
    return this.#list.get(signal);
  }

  async flip(uid: string, current: CurrentStack, budget: Budget): Promise<Result<Verdict>> {
    const path = `${this.#list.path}/${encodeURIComponent(uid)}`;
    const question = { operation: "update-elastic-address", path, schema: verdictSchema };
    this.#list.outdate();
    const result = await this.#ask(question, budget, JSON.stringify({ current_stack: current }));
    this.#list.outdate();
    return result;
  }

  getStack(uid: string, budget: Budget): Promise<Result<StackState>> {
    const path = `/stacks/${encodeURIComponent(uid)}`;
    return this.#ask({ operation: "get-stack", path, schema: stackSchema }, budget);
  }

  pingAuth(budget: Budget): Promise<Result<Verdict>> {
    return this.#ask({ operation: "ping-auth", path: "/ping/auth", schema: verdictSchema }, budget);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** @param change the body of a PUT, or null for a GET. */
  async #ask<T>(question: Question<T>, budget: Budget, change: string | null = null): Promise<Result<T>> {
    const call: HttpCall = {
      operation: question.operation,
      method: change === null ? "GET" : "PUT",
      path: `${this.#basePath}${question.path}`,
      body: change,
      authorize: () => this.#authorize(),
    };
    return readResult(await this.#http.call(call, budget), question.schema, errorMessage);
  }

  #authorize(): Authorization {
    const token = this.#account.token.reveal();
    const { account } = this.#account;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(account === null ? {} : { "x-account": account }),
    };
    return { headers, secrets: [token] };
  }
}
