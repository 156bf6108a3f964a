/** Would a flip of this failover group work? Asks everything that can be asked without changing anything. */
import type { Budget } from "../http.ts";
import { askFinding, finding, type Advice } from "../findings.ts";
import type { Finding } from "../provider.ts";
import type { Cloud66Client } from "./client.ts";
import type { Cloud66Member } from "./provider.ts";
import { stackTroubles } from "./stack-words.ts";
import { isReadable, noRoleText, roleOf, unreadableText, type FailoverGroup, type StackRef } from "./wire.ts";

export interface Check {
  readonly client: Cloud66Client;
  readonly uid: string;
  readonly members: readonly Cloud66Member[];
  /** A flip that was not seen to end for too long, in words. */
  readonly givenUp: string | null;
  /** Milliseconds since 1970. */
  readonly wallNow: number;
  readonly budget: Budget;
}

const adviceTexts = {
  forbidden: "Use a token with the scopes public and admin, of a user who may edit both stacks",
  credentials:
    "Check token: it is the access token itself (CLOUD66_ACCESS_TOKEN), not the base64 of a cx.json file (CLOUD66_TOKEN)",
};

function adviceOf({ client, wallNow }: Check): Advice {
  const { account } = client;
  const header = account === null ? "" : `, and look at account: ${account} is sent as X-Account`;
  return { ...adviceTexts, forbidden: `${adviceTexts.forbidden}${header}`, wallNow };
}

export async function checkGroup(check: Check): Promise<readonly Finding[]> {
  const { client, budget, uid } = check;
  const advice = adviceOf(check);
  const [ping, listed] = await Promise.all([
    client.pingAuth(budget),
    client.listGroups(budget.signal, "check"),
  ]);
  const findings: Finding[] = [];
  if (ping.kind === "failed") findings.push(askFinding("Cannot check the token", ping.failure, advice));
  else if (ping.value.ok) findings.push(finding("ok", "The token is valid"));
  else
    findings.push(
      finding(
        "error",
        `The token is not accepted: ${ping.value.message ?? "no reason given"}`,
        advice.credentials,
      ),
    );

  if (listed.kind === "failed") {
    return [
      ...findings,
      askFinding(`Cannot list the failover groups${ofAccount(client)}`, listed.failure, advice),
    ];
  }
  const group = listed.value.find((candidate) => candidate.uid === uid);
  if (group === undefined) {
    const known = listed.value.map((candidate) => candidate.uid).join(", ");
    const fix = `Set failover-group to a uid of this account${known === "" ? ", which has none" : `: ${known}`}`;
    const header = client.account === null ? "" : `, or correct account: it is sent as X-Account`;
    const text = `The account${ofAccount(client)} has no failover group ${uid}`;
    return [...findings, finding("error", text, `${fix}${header}`)];
  }
  if (!isReadable(group)) {
    const fix = "Look at the failover group in the Cloud 66 dashboard";
    return [...findings, finding("unknown", unreadableText(group), fix)];
  }
  findings.push(...groupFindings(check, group));
  for (const member of check.members) findings.push(...(await memberFindings(check, group, member)));
  return findings;
}

function groupFindings({ uid, members, givenUp }: Check, group: FailoverGroup): Finding[] {
  const findings = [
    finding("ok", `Failover group ${uid} exists${group.address === null ? "" : ` (${group.address})`}`),
  ];
  if (group.readonly) {
    findings.push(
      finding("error", `The token may not change failover group ${uid} (readonly)`, adviceTexts.forbidden),
    );
  } else {
    findings.push(
      finding(
        "warning",
        "Whether the token allows a flip can only be proven by one",
        "Do a switchover in a quiet hour. The token needs the scope admin and edit rights on both stacks",
      ),
    );
  }
  const current = roleOf(group.current);
  const holder = members.find(({ stack }) => stack === current);
  if (current === null) {
    findings.push(
      finding(
        "error",
        `current_stack is ${noRoleText(group.current)}`,
        "Set a stack in the Cloud 66 dashboard",
      ),
    );
  } else if (holder === undefined) {
    findings.push(
      finding(
        "warning",
        `The ${current} stack holds the address and is not a member of the group`,
        "Add it to the members",
      ),
    );
  } else {
    findings.push(finding("ok", `${holder.name} holds the address (${current})`));
  }
  if (group.busy)
    findings.push(finding("warning", "Cloud 66 is toggling this group now", "Wait until it is done"));
  if (givenUp !== null)
    findings.push(
      finding("warning", `At Cloud 66: ${givenUp}`, "Look at the failover group in the Cloud 66 dashboard"),
    );
  return findings;
}

async function memberFindings(
  check: Check,
  group: FailoverGroup,
  { name, stack }: Cloud66Member,
): Promise<Finding[]> {
  const ref = group.stacks[stack];
  if (ref === null) {
    return [
      finding(
        "error",
        `The group has no ${stack} stack, so it cannot be flipped to ${name}`,
        `Set the ${stack} stack of the group in the Cloud 66 dashboard`,
      ),
    ];
  }
  const title = `The ${stack} stack of ${name} (${labelOf(ref)})`;
  if (ref.uid === null) return [finding("ok", `${title} is set`)];
  const result = await check.client.getStack(ref.uid, check.budget);
  if (result.kind === "failed") {
    // The state of a stack is extra: not to know it does not stop a flip.
    const fix = "Allow the token to read this stack, to see its state before a flip";
    return [finding("warning", `${title} is set, its state cannot be read: ${result.failure.detail}`, fix)];
  }
  const trouble = stackTroubles(result.value);
  if (trouble.length === 0) return [finding("ok", `${title} shows no trouble`)];
  return [
    finding("warning", `${title} is ${trouble.join(", ")}`, "Put it in order before traffic is sent to it"),
  ];
}

function ofAccount({ account }: Cloud66Client): string {
  return account === null ? "" : ` of ${account}`;
}

function labelOf({ uid, name }: StackRef): string {
  return name ?? uid ?? "";
}
