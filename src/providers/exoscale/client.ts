/**
 * Exoscale's API v2 in typed calls: signs, sends, reads. One client for each account and zone; all groups of it share the
 * connections. It draws no conclusions.
 */
import type { z } from "zod";

import { readResult, recast, type Result } from "../failure.ts";
import {
  createHttpClient,
  type Authorization,
  type Budget,
  type HttpCall,
  type HttpClient,
} from "../http.ts";
import type { Credential, ProviderServices } from "../provider.ts";
import { signExoscale } from "./sign.ts";
import {
  elasticIpListSchema,
  elasticIpSchema,
  errorMessage,
  instanceIdsSchema,
  instanceSchema,
  operationSchema,
  zoneNamesSchema,
  type ElasticIp,
  type Instance,
  type Operation,
} from "./wire.ts";

export interface ExoscaleAccount {
  /** Base URL with `/v2`, e.g. `https://api-ch-gva-2.exoscale.com/v2`. Zone-local. */
  readonly endpoint: string;
  readonly apiKey: Credential;
  readonly apiSecret: Credential;
}

export interface ExoscaleClient {
  listElasticIps(budget: Budget): Promise<Result<readonly ElasticIp[]>>;
  getElasticIp(id: string, budget: Budget): Promise<Result<ElasticIp>>;
  /** The only call that tells which Elastic IPs an instance has. */
  getInstance(id: string, budget: Budget): Promise<Result<Instance>>;
  /** Ids of the instances that the filter `ip-address` finds. What exactly it matches is undocumented: confirm each. */
  listInstancesByIp(ip: string, budget: Budget): Promise<Result<readonly string[]>>;
  attach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>>;
  detach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>>;
  getOperation(id: string, budget: Budget): Promise<Result<Operation>>;
  /** Names of all zones. Public and therefore unsigned: a restricted key gets 403 when it signs this. */
  listZones(budget: Budget): Promise<Result<readonly string[]>>;
  close(): Promise<void>;
}

/** As the official clients: a signature is good for ten minutes. Seconds. */
const validitySeconds = 600;

interface Question<T> {
  readonly operation: string;
  /** Below the base URL, escaped, with the query. */
  readonly path: string;
  readonly schema: z.ZodType<T>;
}

export function createExoscaleClient(account: ExoscaleAccount, services: ProviderServices): ExoscaleClient {
  return new Client(account, services);
}

class Client implements ExoscaleClient {
  readonly #account: ExoscaleAccount;
  readonly #services: ProviderServices;
  readonly #basePath: string;
  readonly #http: HttpClient;

  constructor(account: ExoscaleAccount, services: ProviderServices) {
    const base = new URL(account.endpoint);
    this.#account = account;
    this.#services = services;
    this.#basePath = base.pathname.replace(/\/+$/, "");
    this.#http = createHttpClient({ origin: base.origin }, services);
  }

  listElasticIps(budget: Budget): Promise<Result<readonly ElasticIp[]>> {
    return this.#ask(
      { operation: "list-elastic-ips", path: "/elastic-ip", schema: elasticIpListSchema },
      budget,
    );
  }

  getElasticIp(id: string, budget: Budget): Promise<Result<ElasticIp>> {
    const path = `/elastic-ip/${encodeURIComponent(id)}`;
    return this.#ask({ operation: "get-elastic-ip", path, schema: elasticIpSchema }, budget);
  }

  getInstance(id: string, budget: Budget): Promise<Result<Instance>> {
    const path = `/instance/${encodeURIComponent(id)}`;
    return this.#ask({ operation: "get-instance", path, schema: instanceSchema }, budget);
  }

  listInstancesByIp(ip: string, budget: Budget): Promise<Result<readonly string[]>> {
    const path = `/instance?ip-address=${encodeURIComponent(ip)}`;
    return this.#ask({ operation: "list-instances", path, schema: instanceIdsSchema }, budget);
  }

  attach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>> {
    const path = `/elastic-ip/${encodeURIComponent(elasticIpId)}:attach`;
    const question = { operation: "attach-instance-to-elastic-ip", path, schema: operationSchema };
    return this.#ask(question, budget, JSON.stringify({ instance: { id: instanceId } }));
  }

  detach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>> {
    const path = `/elastic-ip/${encodeURIComponent(elasticIpId)}:detach`;
    const question = { operation: "detach-instance-from-elastic-ip", path, schema: operationSchema };
    return this.#ask(question, budget, JSON.stringify({ instance: { id: instanceId } }));
  }

  getOperation(id: string, budget: Budget): Promise<Result<Operation>> {
    const path = `/operation/${encodeURIComponent(id)}`;
    return this.#ask({ operation: "get-operation", path, schema: operationSchema }, budget);
  }

  async listZones(budget: Budget): Promise<Result<readonly string[]>> {
    const path = `${this.#basePath}/zone`;
    const call: HttpCall = { operation: "list-zones", method: "GET", path, body: null, authorize: null };
    return readResult(await this.#http.call(call, budget), zoneNamesSchema, errorMessage);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** @param change the body of a PUT, or null for a GET. */
  async #ask<T>(question: Question<T>, budget: Budget, change: string | null = null): Promise<Result<T>> {
    const path = `${this.#basePath}${question.path}`;
    const method = change === null ? "GET" : "PUT";
    const authorize = () => sign(this.#account, { method, path, body: change }, this.#services.wallNow());
    const call: HttpCall = { operation: question.operation, method, path, body: change, authorize };
    const result = readResult(await this.#http.call(call, budget), question.schema, errorMessage);
    if (result.kind === "ok" || result.failure.cause !== "forbidden") return result;
    // 403 is the answer both to a bad signature and to a role that forbids it. Only the words differ.
    return /signature/i.test(result.failure.detail)
      ? { kind: "failed", failure: recast(result.failure, "signature") }
      : result;
  }
}

function sign(
  account: ExoscaleAccount,
  request: { readonly method: string; readonly path: string; readonly body: string | null },
  wallNow: number,
): Authorization {
  const [path = "", query = ""] = request.path.split("?");
  const key = account.apiKey.reveal();
  const secret = account.apiSecret.reveal();
  const expires = Math.floor(wallNow / 1_000) + validitySeconds;
  const authorization = signExoscale(
    { method: request.method, path, query, body: request.body ?? "", expires },
    key,
    secret,
  );
  return { headers: { authorization }, secrets: [authorization, key, secret] };
}
