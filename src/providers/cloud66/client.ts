/**
 * Cloud 66's API v3 in typed calls. There is no way to read one failover group, so the list is read. It draws no conclusions.
 */
import { Caller, type Question } from "../caller.ts";
import type { Result } from "../failure.ts";
import type { Authorization, Budget } from "../http.ts";
import type { Credential, ProviderServices } from "../provider.ts";
import { changeJson, removalJson, type AddressChange } from "./fields.ts";
import { GroupList, type GroupPath } from "./group-list.ts";
import type { Purpose } from "../traffic/purpose.ts";
import { tokenMixUp } from "./token.ts";
import {
  errorMessage,
  groupPageSchema,
  stackSchema,
  verdictSchema,
  type ListedGroup,
  type StackRole,
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

/** All operations of the API on failover groups (elastic addresses), and what goes with them. */
export interface Cloud66Client {
  /**
   * All failover groups of the account, every page, as they were when it was asked or later.
   *
   * @param purpose default `reading`.
   */
  listGroups(signal: AbortSignal, purpose?: Purpose): Promise<Result<readonly ListedGroup[]>>;
  /** The answer names no uid: the list tells which one is new. */
  create(wanted: AddressChange, budget: Budget): Promise<Result<Verdict>>;
  /** Sends only what is given. It cannot take a stack out: that is another call. */
  update(uid: string, change: AddressChange, budget: Budget): Promise<Result<Verdict>>;
  /** Takes the stacks in these places out of the group. */
  removeStacks(uid: string, roles: readonly StackRole[], budget: Budget): Promise<Result<Verdict>>;
  /** For good: the name of a deleted group is not given again. */
  delete(uid: string, budget: Budget): Promise<Result<Verdict>>;
  getStack(uid: string, budget: Budget): Promise<Result<StackState>>;
  pingAuth(budget: Budget): Promise<Result<Verdict>>;
  /** Sent as `X-Account`. Null: the token's own account. */
  readonly account: string | null;
  /** The path that the list was found on last. */
  readonly path: GroupPath;
  close(): Promise<void>;
}

export function createCloud66Client(account: Cloud66Account, services: ProviderServices): Cloud66Client {
  return new Client(account, services);
}

class Client implements Cloud66Client {
  readonly account: string | null;
  readonly #caller: Caller;
  readonly #list: GroupList;

  constructor(account: Cloud66Account, services: ProviderServices) {
    this.account = account.account;
    const authorize = () => authorization(account);
    this.#caller = new Caller({ endpoint: account.endpoint, authorize, messageOf: errorMessage }, services);
    const page = {
      operation: "list-elastic-addresses",
      schema: groupPageSchema,
      known: new WeakMap(),
    };
    const askPage = (path: string, budget: Budget) => this.#caller.ask({ ...page, path }, budget);
    this.#list = new GroupList(askPage, account.path, () => services.now());
  }

  get path(): GroupPath {
    return this.#list.path;
  }

  listGroups(signal: AbortSignal, purpose: Purpose = "reading"): Promise<Result<readonly ListedGroup[]>> {
    return this.#list.get(signal, purpose);
  }

  create(wanted: AddressChange, budget: Budget): Promise<Result<Verdict>> {
    const body = changeJson(wanted);
    return this.#change(
      { operation: "create-elastic-address", method: "POST", path: this.#list.path, body },
      budget,
    );
  }

  update(uid: string, change: AddressChange, budget: Budget): Promise<Result<Verdict>> {
    const path = this.#pathOf(uid);
    const body = changeJson(change);
    return this.#change({ operation: "update-elastic-address", method: "PUT", path, body }, budget);
  }

  removeStacks(uid: string, roles: readonly StackRole[], budget: Budget): Promise<Result<Verdict>> {
    const path = this.#pathOf(uid);
    const body = removalJson(roles);
    return this.#change({ operation: "update-elastic-address", method: "PUT", path, body }, budget);
  }

  delete(uid: string, budget: Budget): Promise<Result<Verdict>> {
    const path = this.#pathOf(uid);
    return this.#change({ operation: "delete-elastic-address", method: "DELETE", path }, budget);
  }

  getStack(uid: string, budget: Budget): Promise<Result<StackState>> {
    const path = `/stacks/${encodeURIComponent(uid)}`;
    return this.#caller.ask({ operation: "get-stack", path, schema: stackSchema }, budget);
  }

  pingAuth(budget: Budget): Promise<Result<Verdict>> {
    return this.#caller.ask({ operation: "ping-auth", path: "/ping/auth", schema: verdictSchema }, budget);
  }

  close(): Promise<void> {
    return this.#caller.close();
  }

  #change(question: Omit<Question<Verdict>, "schema">, budget: Budget): Promise<Result<Verdict>> {
    return this.#caller.ask({ ...question, schema: verdictSchema }, budget);
  }

  #pathOf(uid: string): string {
    return `${this.#list.path}/${encodeURIComponent(uid)}`;
  }
}

function authorization({ token, account }: Cloud66Account): Authorization {
  const revealed = token.reveal();
  const mixUp = tokenMixUp(revealed);
  // It would be refused without a word why, and it holds more than a stranger should get.
  if (mixUp !== null) throw new Error(`the token is ${mixUp}; wanted is the access token that is in it`);
  const headers = {
    authorization: `Bearer ${revealed}`,
    ...(account === null ? {} : { "x-account": account }),
  };
  return { headers, secrets: [revealed] };
}
