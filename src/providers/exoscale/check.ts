/**
 * Would a move of this Elastic IP work? Asks everything that can be asked without changing anything, and says of the rest
 * that only a move can prove it.
 */
import type { Failure } from "../failure.ts";
import type { Budget } from "../http.ts";
import { askFinding, finding } from "../findings.ts";
import type { Finding } from "../provider.ts";
import type { ExoscaleClient } from "./client.ts";
import { ElasticIpLookup } from "./elastic-ip.ts";
import { readOperations } from "./iam-policy.ts";
import { seeHolders, type ExoscaleMember, type HoldersSeen, type MemberSeen } from "./reading.ts";
import type { ElasticIp } from "./wire.ts";

export interface Check {
  readonly client: ExoscaleClient;
  readonly members: readonly ExoscaleMember[];
  /** The address or id in the config. */
  readonly wanted: string;
  /** Steps that this process has seen to be carried out. */
  readonly proven: ReadonlySet<"attach" | "detach">;
  /** An operation that was stuck for too long, in words. */
  readonly givenUp: string | null;
  /** Milliseconds since 1970. */
  readonly wallNow: number;
  readonly budget: Budget;
}

export async function checkGroup(check: Check): Promise<readonly Finding[]> {
  const { client, members, budget, wanted } = check;
  const found = await new ElasticIpLookup(client, wanted).find(budget);
  if (found.kind === "failed") return [elasticIpFinding(check, found.failure)];

  const elasticIp = found.value;
  const findings: Finding[] = [
    finding("ok", `Elastic IP ${nameOf(elasticIp)} exists and the credentials are valid`),
  ];
  if (elasticIp.managed) findings.push(managedFinding(elasticIp));
  const [seen, permission] = await Promise.all([
    seeHolders(client, elasticIp, members, budget),
    operationFinding(client, budget),
  ]);
  findings.push(
    ...seen.members.map((member) => memberFinding(check, member)),
    ...holderFindings(seen, elasticIp),
  );
  if (permission !== null) findings.push(permission);
  findings.push(...moveFindings(check));
  return findings;
}

function elasticIpFinding(check: Check, failure: Failure): Finding {
  if (failure.cause === "not-found") {
    return finding(
      "error",
      `Elastic IP ${check.wanted} does not exist in this zone: ${failure.detail}`,
      "Set elastic-ip to an address or id of the zone in the config: Elastic IPs and instances are local to a zone",
    );
  }
  return askFinding(`Cannot look up Elastic IP ${check.wanted}`, failure, advice(check));
}

function managedFinding(elasticIp: ElasticIp): Finding {
  return finding(
    "warning",
    `Elastic IP ${nameOf(elasticIp)} is managed: it has a healthcheck, by which Exoscale itself chooses where traffic goes`,
    "Use a manual Elastic IP (one without healthcheck), or expect two movers that may work against each other",
  );
}

function memberFinding(check: Check, { member, result }: MemberSeen): Finding {
  const what = `instance ${member.instance} of member ${member.name}`;
  if (result.kind === "ok") {
    const { state } = result.value;
    if (state === "running") return finding("ok", `The ${what} exists and is running`);
    return finding(
      "warning",
      `The ${what} is not running: its state is ${state ?? "not given"}`,
      "Start it. A stopped instance keeps an address that it has, and takes no traffic",
    );
  }
  if (result.failure.cause === "not-found") {
    return finding(
      "error",
      `The ${what} does not exist in this zone`,
      "Set instance to the id of an instance in the zone of the Elastic IP; a deleted one holds no address",
    );
  }
  return askFinding(`Cannot read the ${what}`, result.failure, advice(check));
}

function holderFindings(seen: HoldersSeen, elasticIp: ElasticIp): Finding[] {
  if (seen.kind === "unseen") {
    return [
      finding(
        "error",
        `Who holds the address is not known. ${seen.detail}`,
        "See the other findings; list-instances and get-instance must be allowed",
      ),
    ];
  }
  const address = nameOf(elasticIp);
  const findings: Finding[] = [];
  const [holder, ...more] = seen.holders;
  if (holder === undefined) {
    findings.push(
      finding(
        "warning",
        `No member holds ${address}`,
        "The daemon attaches it to a member that is proven healthy",
      ),
    );
  } else if (more.length > 0) {
    findings.push(
      finding(
        "warning",
        `Several members hold ${address}: ${seen.holders.join(", ")}. Traffic is spread over them`,
        "Detach all but one, unless the group says holders: all-healthy",
      ),
    );
  } else {
    findings.push(finding("ok", `${holder} holds ${address}`));
  }
  for (const id of seen.foreign) {
    findings.push(
      finding(
        "warning",
        `Instance ${id} holds ${address} and is not a member of the group`,
        "Add it to the members or detach it; the daemon does not take an address from an instance that it does not know",
      ),
    );
  }
  return findings;
}

/** Nothing has this id, so 404 shows that asking is allowed. */
const noOperation = "00000000-0000-0000-0000-000000000000";

async function operationFinding(client: ExoscaleClient, budget: Budget): Promise<Finding | null> {
  const result = await client.getOperation(noOperation, budget);
  if (result.kind === "ok" || result.failure.cause !== "forbidden") return null;
  return finding(
    "warning",
    "The credentials do not allow get-operation, so a move is followed by looking at the instances, which is slower",
    "Allow the operation get-operation of the service compute in the IAM role of the key",
  );
}

function moveFindings({ proven, givenUp }: Check): Finding[] {
  const findings: Finding[] = [];
  if (proven.has("attach") && proven.has("detach")) {
    findings.push(finding("ok", "Attach and detach are allowed: this process has done both"));
  } else {
    findings.push(
      finding(
        "warning",
        "Whether the credentials allow attach and detach can only be proven by a move",
        "Do a switchover in a quiet hour. The IAM role needs attach-instance-to-elastic-ip and detach-instance-from-elastic-ip",
      ),
    );
  }
  if (givenUp !== null)
    findings.push(
      finding("warning", `At Exoscale: ${givenUp}`, "Look at the operation in the Exoscale portal"),
    );
  return findings;
}

function advice({ wallNow }: Check): {
  readonly wallNow: number;
  readonly forbidden: string;
  readonly credentials: string;
} {
  return {
    wallNow,
    forbidden: `Allow ${readOperations.join(", ")} of the service compute in the IAM role of the key; failoverd exoscale iam-policy prints all that is needed`,
    credentials: "Check api-key and api-secret: they must belong together",
  };
}

function nameOf(elasticIp: ElasticIp): string {
  return elasticIp.ip ?? elasticIp.cidr ?? elasticIp.id;
}
