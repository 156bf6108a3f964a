/** `failoverd exoscale operation show`: what became of a change, and with `--wait`, what becomes of it. */
import { followChange, type Change } from "../../providers/exoscale/change.ts";
import { readState } from "../../providers/exoscale/outcome.ts";
import { isUuid, type Operation } from "../../providers/exoscale/wire.ts";
import { budgetOf, timeoutOf, type CloudContext } from "../clouds/context.ts";
import { printSheet } from "../clouds/print.ts";
import { Progress } from "../clouds/progress.ts";
import { failedCall, failedWith } from "../clouds/trouble.ts";
import { printJson } from "../output.ts";
import { usage } from "../exit-codes.ts";
import { stateText, type ChangeOptions } from "./carry-out.ts";
import { adviceOn, withExoscale, type ExoscaleSession } from "./session.ts";

export function showOperation(id: string, options: ChangeOptions, context: CloudContext): Promise<void> {
  return withExoscale(options, context, async (session) => {
    if (!isUuid(id)) throw usage(`An operation has a UUID: "${id}"`);
    const first = await ask(id, session);
    if (!options.wait || readState(first.state) !== "wait") {
      print(first, options, session);
      if (options.wait && readState(first.state) !== "applied") throw failedWith(stateText(first), null);
      return;
    }
    const { client } = session;
    const progress = new Progress(context.output);
    const end = await followChange(nameless(first), first, {
      client,
      services: context.services,
      budget: budgetOf(context, timeoutOf(options.timeout)),
      onPending: ({ state }, elapsedMs) => progress.tell(`operation ${id} is ${state}`, elapsedMs),
    });
    print(end.operation ?? first, options, session);
    if (end.effect.kind !== "applied") throw failedWith(end.effect.detail, null);
  });
}

async function ask(id: string, { client, context }: ExoscaleSession): Promise<Operation> {
  const result = await client.getOperation(id, budgetOf(context));
  if (result.kind === "ok") return result.value;
  if (result.failure.cause !== "not-found") {
    throw failedCall(`Cannot read operation ${id}`, result.failure, adviceOn("get-operation", context));
  }
  throw failedWith(
    `There is no operation ${id} in this zone, or Exoscale has forgotten it: it keeps finished ones for a while only`,
    "Look at what it worked on: failoverd exoscale elastic-ip list",
  );
}

/** A change of which only the operation is known, so that nothing else can be looked at. */
function nameless({ id }: Operation): Change {
  return {
    name: `operation ${id}`,
    send: () => Promise.reject(new Error("An operation that is followed is not sent again")),
    look: () => Promise.resolve("unseen"),
    shows: { wanted: "", unwanted: "" },
  };
}

function print(
  operation: Operation,
  { json }: ChangeOptions,
  { context: { output } }: ExoscaleSession,
): void {
  if (json) return printJson(output, operation);
  const { id, reference } = operation;
  printSheet(output, [
    ["operation", id],
    ["state", stateText(operation)],
    ["command", reference?.command ?? null],
    ["works on", reference?.link ?? reference?.id ?? null],
  ]);
}
