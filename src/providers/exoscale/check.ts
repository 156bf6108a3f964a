/**
 * Would a move of this Elastic IP work? Asks everything that can be asked without changing anything, and says of the rest
 * that only a move can prove it.
 */
import type { Failure } from "../failure.ts";
import type { Budget } from "../http.ts";
import {
  askFinding,
  clockFinding,
  finding,
  holderFindings,
  type Advice,
  type HolderAdvice,
} from "../findings.ts";
import type { Finding } from "../provider.ts";
import { memberFindings, standbyFinding } from "./check-members.ts";
import type { ExoscaleClient } from "./client.ts";
import { ElasticIpLookup, addressName } from "./elastic-ip.ts";
import { readOperations } from "./iam-policy.ts";
import { missingElasticIpFinding, missingInstanceFinding } from "./check-zones.ts";
import { seeHolders, type ExoscaleMember, type HoldersSeen, type MemberSeen } from "./reading.ts";
import type { ElasticIp } from "./wire.ts";
import type { Elsewhere, Missing } from "./zone-search.ts";

export interface Check {
  readonly client: ExoscaleClient;
  /** Looks in the other zones. */
  readonly findElsewhere: (missing: Missing) => Promise<Elsewhere>;
  readonly members: readonly ExoscaleMember[];
  /** The address or id in the config. */
  readonly wanted: string;
  /** Members are probed by the healthcheck that is stored with the Elastic IP. */
  readonly usesStored: boolean;
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
  if (found.kind === "failed") return [await elasticIpFinding(check, found.failure)];

  const elasticIp = found.value;
  const findings: Finding[] = [
    finding("ok", `Elastic IP ${addressName(elasticIp)} exists and the credentials are valid`),
  ];
  const clock = clockFinding(found.serverWallMs, check.wallNow);
  if (clock !== null) findings.push(clock);
  if (elasticIp.managed) findings.push(managedFinding(elasticIp, check));
  const [seen, permission] = await Promise.all([
    seeHolders(client, elasticIp, members, budget),
    operationFinding(client, budget),
  ]);
  for (const member of seen.members) {
    if (isMissing(member)) findings.push(await instanceFinding(check, member.member));
    else findings.push(...memberFindings(member, elasticIp, advice(check)));
  }
  findings.push(
    ...seenFindings(check, seen, elasticIp),
    ...standbyFinding(seen, elasticIp),
    permission,
    ...moveFindings(check),
  );
  return findings;
}

async function elasticIpFinding(check: Check, failure: Failure): Promise<Finding> {
  const { wanted, findElsewhere } = check;
  if (failure.cause !== "not-found")
    return askFinding(`Cannot look up Elastic IP ${wanted}`, failure, advice(check));
  const where = await findElsewhere({ kind: "elastic-ip", id: wanted });
  return missingElasticIpFinding(wanted, failure.detail, where);
}

function isMissing({ result }: MemberSeen): boolean {
  return result.kind === "failed" && result.failure.cause === "not-found";
}

async function instanceFinding({ findElsewhere }: Check, member: ExoscaleMember): Promise<Finding> {
  return missingInstanceFinding(member, await findElsewhere({ kind: "instance", id: member.instance }));
}

function managedFinding(elasticIp: ElasticIp, { usesStored }: Check): Finding {
  const text = `Elastic IP ${addressName(elasticIp)} is managed: it has a healthcheck, by which Exoscale itself chooses where traffic goes`;
  // Both look at the same thing, and with one holder Exoscale has nothing to choose from.
  if (usesStored) return finding("ok", `${text}, and by which the members are probed`);
  return finding(
    "warning",
    text,
    "Use a manual Elastic IP (one without healthcheck), or expect two movers that may work against each other; with healthcheck: from-elastic-ip both judge by the same",
  );
}

function seenFindings(check: Check, seen: HoldersSeen, elasticIp: ElasticIp): Finding[] {
  if (seen.kind === "unseen") {
    const what = "Who holds the address is not known";
    if (seen.search !== null)
      return [askFinding(`${what}: cannot search for foreign holders`, seen.search, advice(check))];
    const fix = "See the other findings; list-instances and get-instance must be allowed";
    return [finding("unknown", `${what}. ${seen.detail}`, fix)];
  }
  const { holders } = seen;
  const foreign = seen.foreign.map((id) => `Instance ${id}`);
  return holderFindings({ address: addressName(elasticIp), holders, foreign }, holderAdvice);
}

const holderAdvice: HolderAdvice = {
  none: "The daemon attaches it to a member that is proven healthy",
  several: "Detach all but one, unless the group says holders: all-healthy",
  severalMean: "Traffic is spread over them",
  foreign:
    "Add it to the members or detach it; the daemon does not take an address from an instance that it does not know",
};

/** Nothing has this id, so 404 shows that asking is allowed. */
const noOperation = "00000000-0000-0000-0000-000000000000";

async function operationFinding(client: ExoscaleClient, budget: Budget): Promise<Finding> {
  const result = await client.getOperation(noOperation, budget);
  if (result.kind === "ok" || result.failure.cause === "not-found")
    return finding("ok", `The credentials allow ${readOperations.join(", ")}`);
  if (result.failure.cause === "forbidden") {
    return finding(
      "warning",
      "The credentials do not allow get-operation, so a move is followed by looking at the instances, which is slower",
      "Allow the operation get-operation of the service compute in the IAM role of the key",
    );
  }
  return finding(
    "warning",
    `Whether the credentials allow get-operation is not known: ${result.failure.detail}`,
    "Check again; without it a move is followed by looking at the instances",
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

function advice({ wallNow }: Check): Advice {
  return {
    wallNow,
    forbidden: `Allow ${readOperations.join(", ")} of the service compute in the IAM role of the key; failoverd exoscale iam-policy prints all that is needed`,
    credentials: "Check api-key and api-secret: they must belong together",
  };
}
