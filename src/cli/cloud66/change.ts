/** The commands that change elastic addresses. Taking a stack out has options of its own, and is asked about. */
import {
  creation,
  deletion,
  stackChange,
  stackRemoval,
  type GroupChange,
} from "../../providers/cloud66/address-change.ts";
import { flipTo, judgeFlip } from "../../providers/cloud66/flip.ts";
import {
  inFormOf,
  isReadable,
  roleOf,
  unreadableText,
  type CurrentStack,
  type FailoverGroup,
  type ListedGroup,
  type StackRole,
} from "../../providers/cloud66/wire.ts";
import { budgetOf, confirmDestructive, timeoutOf, type CloudContext } from "../clouds/context.ts";
import { Progress } from "../clouds/progress.ts";
import { failedWith } from "../clouds/trouble.ts";
import { printJson, printLine } from "../output.ts";
import { carryOut, sendOnly, tell, timeoutMinMs } from "./carry-out.ts";
import {
  refuseContradictions,
  removals,
  roleOption,
  roles,
  stacksOf,
  type ChangeOptions,
  type CreateOptions,
  type UpdateOptions,
} from "./change-options.ts";
import { findAddress, groupsWith, listAddresses, withCloud66, type Cloud66Session } from "./session.ts";
import { printAddress } from "./show.ts";

export function createElasticAddress(options: CreateOptions, context: CloudContext): Promise<void> {
  return withCloud66(options, context, async (session) => {
    const stacks = stacksOf(options);
    const role = roleOption(options.current);
    // The list also tells the path and the form that this account speaks.
    const before = await listAddresses(session);
    const current = role === null ? {} : { current: currentFor(role, before, session) };
    const known = before.map(({ uid }) => uid);
    const change = creation(session.client, { ...stacks, ...current }, known);
    if (!(await carryOut(change, options, session))) return;
    const created = (await listAddresses(session)).filter(({ uid }) => !known.includes(uid));
    if (options.json)
      return printJson(
        context.output,
        created.map((group) => ({ uid: group.uid, address: isReadable(group) ? group.address : null })),
      );
    for (const group of created) {
      if (isReadable(group)) printAddress(group, session, false);
      else printLine(context.output.stdout, unreadableText(group));
    }
  });
}

export function updateElasticAddress(
  text: string,
  options: UpdateOptions,
  context: CloudContext,
): Promise<void> {
  return withCloud66(options, context, async (session) => {
    const stacks = stacksOf(options);
    const role = roleOption(options.current);
    const gone = removals(options);
    refuseContradictions(options, gone, role);
    const group = await findAddress(text, session);
    const sets = Object.keys(stacks).length > 0;
    refuseBusy(group);
    if (sets || gone.length > 0) warnOfGroups(group, session, "its members are other stacks then");
    if (gone.length > 0) {
      await confirmDestructive(removalQuestion(group, gone), options.yes, context);
      await carryOut(stackRemoval(session.client, group.uid, gone), options, session);
    }
    if (sets) await carryOut(stackChange(session.client, group.uid, stacks), options, session);
    const isAsBefore = !sets && gone.length === 0;
    const now = role === null || isAsBefore ? group : await findAddress(group.uid, session);
    if (role !== null) await flip(now, role, options, session);
    if (options.wait) printAddress(await findAddress(group.uid, session), session, options.json);
    else if (options.json) printJson(context.output, { uid: group.uid, sent: true });
  });
}

export function deleteElasticAddress(
  text: string,
  options: ChangeOptions,
  context: CloudContext,
): Promise<void> {
  return withCloud66(options, context, async (session) => {
    const group = await findAddress(text, session);
    const name = group.address ?? group.uid;
    const held = roles.filter((role) => group.stacks[role] !== null);
    if (held.length > 0) {
      const flags = held.map((role) => `--remove-${role}`).join(" ");
      throw failedWith(
        `Elastic address ${name} still points at a stack (${held.join(", ")}), and Cloud 66 deletes only one that does not`,
        `failoverd cloud66 elastic-address update ${group.uid} ${flags}`,
      );
    }
    refuseBusy(group);
    warnOfGroups(group, session, "without it the group has no address");
    await confirmDestructive(
      `Delete elastic address ${name}? Its name is lost for good.`,
      options.yes,
      context,
    );
    await carryOut(deletion(session.client, group.uid), options, session);
    if (options.json) printJson(context.output, { uid: group.uid, deleted: options.wait });
  });
}

/** Reads first and sends nothing that is not needed: each flip transfers certificates. */
async function flip(
  group: FailoverGroup,
  role: StackRole,
  options: ChangeOptions,
  session: Cloud66Session,
): Promise<void> {
  const { client, context } = session;
  const { services, output } = context;
  const order = { uid: group.uid, role };
  const before = judgeFlip(group, order);
  if (before.kind !== "go") return tell({ effect: before, failure: null }, options, session);
  for (const { name } of groupsWith(session, group)) {
    const text = `the daemon moves ${group.uid} for group ${name} of ${session.known?.path}; it will take this for a change by hand and hold`;
    const properly = `To let it flip the address itself: failoverd switchover ${name} --reason "…"`;
    printLine(output.stderr, `Warning: ${text}. ${properly}`);
  }
  const question = `Flip ${group.address ?? group.uid} to its ${role} stack? Clients follow within 5 minutes.`;
  await confirmDestructive(question, options.yes, context);
  if (!options.wait) {
    const send: GroupChange["send"] = (budget) =>
      client.update(group.uid, { current: before.current }, budget);
    return sendOnly({ name: "flip", send }, options, session);
  }
  const progress = new Progress(output);
  const onPending = (elapsedMs: number) => progress.tell("flip: accepted, under way", elapsedMs);
  const budget = budgetOf(context, timeoutOf(options.timeout, timeoutMinMs));
  tell(await flipTo(client, order, services, { ...budget, onPending }), options, session);
}

/** What Cloud 66 makes of a change while it is at work is described nowhere. */
function refuseBusy({ uid, busy, readonly }: FailoverGroup): void {
  if (busy) throw failedWith(`Cloud 66 is toggling ${uid} now`, "Wait until it is done, and try again");
  if (readonly) {
    const fix = "Use a token of scope admin, of a user who may edit both stacks";
    throw failedWith(`This token may not change ${uid} (readonly)`, fix);
  }
}

function removalQuestion(group: FailoverGroup, gone: readonly StackRole[]): string {
  const stacks = gone.map(
    (role) => `${role} stack (${group.stacks[role]?.name ?? group.stacks[role]?.uid ?? "none"})`,
  );
  const current = gone.some((role) => role === roleOf(group.current)) ? " It has the address now." : "";
  return `Take the ${stacks.join(" and the ")} out of ${group.address ?? group.uid}?${current}`;
}

/** @returns `current_stack` in the form of the account's groups, or where there is none, in that of its path. */
function currentFor(
  role: StackRole,
  groups: readonly ListedGroup[],
  { client }: Cloud66Session,
): CurrentStack {
  const sample = groups.filter(isReadable).find(({ current }) => roleOf(current) !== null)?.current;
  return inFormOf(sample ?? (client.path === "/failover_groups" ? 1 : "primary"), role);
}

function warnOfGroups(group: FailoverGroup, session: Cloud66Session, consequence: string): void {
  for (const { name } of groupsWith(session, group)) {
    const text = `the daemon moves ${group.uid} for group ${name} of ${session.known?.path}; ${consequence}`;
    printLine(session.context.output.stderr, `Warning: ${text}`);
  }
}
