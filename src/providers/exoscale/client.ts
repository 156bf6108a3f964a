/**
 * Exoscale's API v2 in typed calls: signs, sends, reads. One client for each account and zone; all groups of it share the
 * connections. It draws no conclusions.
 */
import { Caller, type Known, type Question, type Request } from "../caller.ts";
import { recast, type Failure, type Result } from "../failure.ts";
import type { Authorization, Budget } from "../http.ts";
import type { Credential, ProviderServices } from "../provider.ts";
import { HolderSearch, type Candidates } from "./holder-search.ts";
import { fieldsJson, type ElasticIpFields, type NewElasticIp, type ResetField } from "./fields.ts";
import { signExoscale } from "./sign.ts";
import {
  elasticIpListSchema,
  elasticIpSchema,
  errorMessage,
  instanceIdsSchema,
  instanceListSchema,
  instanceSchema,
  operationSchema,
  zoneListSchema,
  type ElasticIp,
  type Instance,
  type ListedInstance,
  type Operation,
  type Zone,
} from "./wire.ts";

export interface ExoscaleAccount {
  /** Base URL with `/v2`, e.g. `https://api-ch-gva-2.exoscale.com/v2`. Zone-local. */
  readonly endpoint: string;
  readonly apiKey: Credential;
  readonly apiSecret: Credential;
}

/** All operations of the API on Elastic IPs, and those on instances, operations and zones that go with them. */
export interface ExoscaleClient {
  listElasticIps(budget: Budget): Promise<Result<readonly ElasticIp[]>>;
  getElasticIp(id: string, budget: Budget): Promise<Result<ElasticIp>>;
  /** The operation's reference is the id of the new Elastic IP. */
  createElasticIp(wanted: NewElasticIp, budget: Budget): Promise<Result<Operation>>;
  /** A healthcheck and labels replace those of before as a whole; what is not given stays. */
  updateElasticIp(id: string, fields: ElasticIpFields, budget: Budget): Promise<Result<Operation>>;
  deleteElasticIp(id: string, budget: Budget): Promise<Result<Operation>>;
  resetElasticIpField(id: string, field: ResetField, budget: Budget): Promise<Result<Operation>>;
  attach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>>;
  detach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>>;
  /** The only call that tells which Elastic IPs an instance has. */
  getInstance(id: string, budget: Budget): Promise<Result<Instance>>;
  listInstances(budget: Budget): Promise<Result<readonly ListedInstance[]>>;
  /** Ids of the instances that the filter `ip-address` finds. What exactly it matches is undocumented: confirm each. */
  listInstancesByIp(ip: string, budget: Budget): Promise<Result<readonly string[]>>;
  /** Ids of all instances of the zone. */
  listInstanceIds(budget: Budget): Promise<Result<readonly string[]>>;
  /** Which instances may hold an address, by whatever costs fewest calls for all groups that ask now: confirm each. */
  findCandidates(ip: string, budget: Budget): Promise<Result<Candidates>>;
  getOperation(id: string, budget: Budget): Promise<Result<Operation>>;
  /** Public and therefore unsigned: a restricted key gets 403 when it signs this. */
  listZones(budget: Budget): Promise<Result<readonly Zone[]>>;
  close(): Promise<void>;
}

/** As the official clients: a signature is good for ten minutes. Seconds. */
const validitySeconds = 600;

export function createExoscaleClient(account: ExoscaleAccount, services: ProviderServices): ExoscaleClient {
  return new Client(account, services);
}

class Client implements ExoscaleClient {
  readonly #caller: Caller;
  readonly #search: HolderSearch;
  readonly #knownIds: Known<readonly string[]> = new WeakMap();

  constructor(account: ExoscaleAccount, services: ProviderServices) {
    const authorize = (request: Request) => sign(account, request, services.wallNow());
    this.#caller = new Caller(
      { endpoint: account.endpoint, authorize, messageOf: errorMessage, judge },
      services,
    );
    this.#search = new HolderSearch(this, services);
  }

  listElasticIps(budget: Budget): Promise<Result<readonly ElasticIp[]>> {
    const path = "/elastic-ip";
    return this.#caller.ask({ operation: "list-elastic-ips", path, schema: elasticIpListSchema }, budget);
  }

  getElasticIp(id: string, budget: Budget): Promise<Result<ElasticIp>> {
    const path = `/elastic-ip/${encodeURIComponent(id)}`;
    return this.#caller.ask({ operation: "get-elastic-ip", path, schema: elasticIpSchema }, budget);
  }

  createElasticIp(wanted: NewElasticIp, budget: Budget): Promise<Result<Operation>> {
    const { addressFamily } = wanted;
    const body = {
      ...(addressFamily === undefined ? {} : { addressfamily: addressFamily }),
      ...fieldsJson(wanted),
    };
    return this.#change(
      { operation: "create-elastic-ip", method: "POST", path: "/elastic-ip", body },
      budget,
    );
  }

  updateElasticIp(id: string, fields: ElasticIpFields, budget: Budget): Promise<Result<Operation>> {
    const path = `/elastic-ip/${encodeURIComponent(id)}`;
    return this.#change(
      { operation: "update-elastic-ip", method: "PUT", path, body: fieldsJson(fields) },
      budget,
    );
  }

  deleteElasticIp(id: string, budget: Budget): Promise<Result<Operation>> {
    return this.#change(
      { operation: "delete-elastic-ip", method: "DELETE", path: `/elastic-ip/${encodeURIComponent(id)}` },
      budget,
    );
  }

  resetElasticIpField(id: string, field: ResetField, budget: Budget): Promise<Result<Operation>> {
    const path = `/elastic-ip/${encodeURIComponent(id)}/${field}`;
    return this.#change({ operation: "reset-elastic-ip-field", method: "DELETE", path }, budget);
  }

  attach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>> {
    const path = `/elastic-ip/${encodeURIComponent(elasticIpId)}:attach`;
    const body = { instance: { id: instanceId } };
    return this.#change({ operation: "attach-instance-to-elastic-ip", method: "PUT", path, body }, budget);
  }

  detach(elasticIpId: string, instanceId: string, budget: Budget): Promise<Result<Operation>> {
    const path = `/elastic-ip/${encodeURIComponent(elasticIpId)}:detach`;
    const body = { instance: { id: instanceId } };
    return this.#change({ operation: "detach-instance-from-elastic-ip", method: "PUT", path, body }, budget);
  }

  getInstance(id: string, budget: Budget): Promise<Result<Instance>> {
    const path = `/instance/${encodeURIComponent(id)}`;
    return this.#caller.ask({ operation: "get-instance", path, schema: instanceSchema }, budget);
  }

  listInstances(budget: Budget): Promise<Result<readonly ListedInstance[]>> {
    const path = "/instance";
    return this.#caller.ask({ operation: "list-instances", path, schema: instanceListSchema }, budget);
  }

  listInstancesByIp(ip: string, budget: Budget): Promise<Result<readonly string[]>> {
    const path = `/instance?ip-address=${encodeURIComponent(ip)}`;
    return this.#caller.ask({ operation: "list-instances", path, schema: instanceIdsSchema }, budget);
  }

  listInstanceIds(budget: Budget): Promise<Result<readonly string[]>> {
    const known = this.#knownIds;
    const question = { operation: "list-instances", path: "/instance", schema: instanceIdsSchema, known };
    return this.#caller.ask(question, budget);
  }

  findCandidates(ip: string, budget: Budget): Promise<Result<Candidates>> {
    return this.#search.find(ip, budget);
  }

  getOperation(id: string, budget: Budget): Promise<Result<Operation>> {
    const path = `/operation/${encodeURIComponent(id)}`;
    return this.#caller.ask({ operation: "get-operation", path, schema: operationSchema }, budget);
  }

  listZones(budget: Budget): Promise<Result<readonly Zone[]>> {
    const question = { operation: "list-zones", path: "/zone", schema: zoneListSchema, isPublic: true };
    return this.#caller.ask(question, budget);
  }

  close(): Promise<void> {
    return this.#caller.close();
  }

  #change(change: Omit<Question<Operation>, "schema">, budget: Budget): Promise<Result<Operation>> {
    return this.#caller.ask({ ...change, schema: operationSchema }, budget);
  }
}

/** 403 is the answer both to a bad signature and to a role that forbids it. Only the words differ. */
function judge(failure: Failure): Failure {
  const isSignature = failure.cause === "forbidden" && /signature/i.test(failure.detail);
  return isSignature ? recast(failure, "signature") : failure;
}

function sign(account: ExoscaleAccount, request: Request, wallNow: number): Authorization {
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
