/** What there is at Cloud 66: elastic addresses (failover groups), stacks, and whether the token is good. */
import { stackHealths, stackStatuses, stackTroubles, wordOf } from "../../providers/cloud66/stack-words.ts";
import {
  isReadable,
  noRoleText,
  roleOf,
  type FailoverGroup,
  type ListedGroup,
  type StackRole,
} from "../../providers/cloud66/wire.ts";
import { budgetOf, type CloudContext } from "../clouds/context.ts";
import { printSheet, printTable } from "../clouds/print.ts";
import { answerOf, failedWith } from "../clouds/trouble.ts";
import { printJson, printLine } from "../output.ts";
import {
  adviceTo,
  findAddress,
  groupsWith,
  listAddresses,
  withCloud66,
  type Cloud66Options,
  type Cloud66Session,
} from "./session.ts";

export function listElasticAddresses(options: Cloud66Options, context: CloudContext): Promise<void> {
  return withCloud66(options, context, async (session) => {
    const all = await listAddresses(session);
    if (options.json)
      return printJson(
        context.output,
        all.map((group) => (isReadable(group) ? addressJson(group) : group)),
      );
    const rows = all.map(rowOf);
    const header = ["UID", "CURRENT", "STATE", "ADDRESS"];
    printTable(context.output, header, rows, "The account has no elastic address");
  });
}

export function showElasticAddress(
  text: string,
  options: Cloud66Options,
  context: CloudContext,
): Promise<void> {
  return withCloud66(options, context, async (session) => {
    printAddress(await findAddress(text, session), session, options.json);
  });
}

export function printAddress(group: FailoverGroup, session: Cloud66Session, json: boolean): void {
  const { output } = session.context;
  if (json) return printJson(output, addressJson(group));
  const groups = groupsWith(session, group).map(({ name }) => name);
  printSheet(output, [
    ["elastic address", group.uid],
    ["address", group.address ?? "not said"],
    ["primary", stackText(group, "primary")],
    ["secondary", stackText(group, "secondary")],
    ["current", currentText(group)],
    ["state", stateText(group)],
    ["moved by", groups.length === 0 ? null : `group ${groups.join(", ")} of ${session.known?.path}`],
  ]);
}

export function showStack(uid: string, options: Cloud66Options, context: CloudContext): Promise<void> {
  return withCloud66(options, context, async ({ client }) => {
    const asked = await client.getStack(uid, budgetOf(context));
    if (asked.kind === "failed" && asked.failure.cause === "not-found") {
      throw failedWith(
        `There is no stack ${uid}, or the token may not see it`,
        "failoverd cloud66 elastic-address list --json names the stacks of the elastic addresses",
      );
    }
    const stack = answerOf(asked, `Cannot read stack ${uid}`, adviceTo("look", context));
    const troubles = stackTroubles(stack);
    if (options.json) return printJson(context.output, { ...stack, troubles });
    printSheet(context.output, [
      ["stack", stack.name ?? stack.uid],
      ["uid", stack.uid],
      ["environment", stack.environment],
      ["host", stack.fqdn],
      ["status", wordOf(stackStatuses, stack.status)],
      ["health", wordOf(stackHealths, stack.health)],
      ["maintenance", flagText(stack.maintenance)],
      ["busy", flagText(stack.busy)],
      ["trouble", troubles.length === 0 ? "none that it says" : `it is ${troubles.join(", ")}`],
    ]);
  });
}

/** Exit code 1 when the token is not accepted. */
export function ping(options: Cloud66Options, context: CloudContext): Promise<void> {
  return withCloud66(options, context, async ({ client }) => {
    const asked = await client.pingAuth(budgetOf(context));
    const advice = adviceTo("look", context);
    const { ok, message } = answerOf(asked, "Cannot check the token", advice);
    if (options.json) printJson(context.output, { ok, message });
    if (!ok)
      throw failedWith(`The token is not accepted: ${message ?? "no reason given"}`, advice.credentials);
    if (!options.json) printLine(context.output.stdout, "Cloud 66 answers, and the token is valid");
  });
}

function rowOf(group: ListedGroup): string[] {
  if (!isReadable(group)) return [group.uid, "not known", `cannot be understood: ${group.problem}`, ""];
  return [group.uid, currentText(group), stateText(group), group.address ?? ""];
}

function currentText(group: FailoverGroup): string {
  return roleOf(group.current) ?? noRoleText(group.current);
}

function stateText({ busy, readonly, status }: FailoverGroup): string {
  const parts = [
    ...(status === null ? [] : [status]),
    ...(busy ? ["toggling now"] : []),
    ...(readonly ? ["this token may not change it"] : []),
  ];
  return parts.join(", ") || "idle";
}

function stackText(group: FailoverGroup, role: StackRole): string {
  const ref = group.stacks[role];
  if (ref === null) return "no stack, so it cannot be flipped there";
  const text = [ref.name, ref.uid].filter((part) => part !== null).join(", ");
  return roleOf(group.current) === role ? `${text}: has the address` : text;
}

/** `current` is the role in words; `currentStack` is what the API says. */
function addressJson({ current, ...rest }: FailoverGroup): Record<string, unknown> {
  return { ...rest, current: roleOf(current), currentStack: current };
}

function flagText(flag: boolean | null): string {
  return flag === null ? "not said" : flag ? "yes" : "no";
}
