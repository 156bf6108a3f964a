/** The commands that speak to a running daemon. */
import { Argument, Option, type Command } from "commander";
import type { EventsOptions } from "./events.ts";
import type { ApproveOptions, GivenOptions, OrderOptions } from "./orders.ts";
import { processOutput } from "./output.ts";
import type { SwitchoverOptions } from "./switchover.ts";
import type { StatusOptions } from "./status.ts";

const group = (): Argument => new Argument("<group>", "its name in the config");
const maybeGroup = (): Argument => new Argument("[group]", "its name in the config; without it: all groups");
const member = (): Argument => new Argument("<member>", "its name in the group");
const moveId = (): Argument =>
  new Argument("[id]", "of the move that waits; without it: the one that waits now");

const time = (): Option =>
  new Option("--for <duration>", "required: how long it lasts, such as 30m or 2h, at most 720h");
const maybeTime = (): Option =>
  new Option("--for <duration>", "how long it lasts; without it: until undrain");
const reason = (): Option =>
  new Option("--reason <text>", "required: why; others will read it").makeOptionMandatory();

/** A command that asks the daemon something, with what each of them takes. */
export function askingCommand(program: Command, name: string, description: string): Command {
  const command = program
    .command(name)
    .description(description)
    .addOption(new Option("-c, --config <file>", "the daemon's config, which tells where its socket is"));
  return addEndpointOptions(command).addOption(
    new Option("--json", "print one JSON document instead of text").default(false),
  );
}

/** Where the daemon is, unless its config says so. */
export function addEndpointOptions(command: Command): Command {
  return command
    .addOption(new Option("-s, --socket <path>", "the daemon's control socket itself"))
    .addOption(
      new Option("--url <url>", "the daemon on another machine: its listen (default: $FAILOVERD_URL)"),
    )
    .addOption(new Option("--token-file <file>", "with --url: holds a token (default: $FAILOVERD_TOKEN)"))
    .addOption(new Option("--tls-ca <file>", "with --url: PEM file of the authorities to trust"))
    .addOption(new Option("--tls-cert <file>", "with --url: PEM file of your certificate"))
    .addOption(new Option("--tls-key <file>", "with --url: PEM file of its key"))
    .addOption(new Option("--insecure", "with --url: send the token over plain http, for others to read"));
}

/** An order that must be explained. */
function givenCommand(program: Command, name: string, description: string): Command {
  return signedCommand(program, name, description).addOption(reason());
}

/** An order that may be explained. */
function orderCommand(program: Command, name: string, description: string): Command {
  return signedCommand(program, name, description).addOption(
    new Option("--reason <text>", "why; others will read it"),
  );
}

function signedCommand(program: Command, name: string, description: string): Command {
  return askingCommand(program, name, description).addOption(
    new Option("--by <name>", "who gives the order (default: $SUDO_USER, else your user name)"),
  );
}

export function addPeopleCommands(program: Command): void {
  askingCommand(program, "status", "what the daemon sees, does and has been told, and why")
    .option("-w, --watch", "again and again, in place on a terminal, until Ctrl-C", false)
    .option("--interval <duration>", "with --watch: refresh interval, 200ms to 1h", "2s")
    .action(async (options: StatusOptions) =>
      (await import("./status.ts")).printStatus(options, processOutput),
    );
  askingCommand(
    program,
    "events",
    "what has happened of late, and what happens: transitions, decisions, moves, orders",
  )
    .option("-g, --group <name>", "only what concerns this group")
    .option("--types <list>", "only these, with commas between them, such as transition,decision,order")
    .option("-f, --follow", "go on with what happens, until Ctrl-C; a cut loses nothing", false)
    .action(async (options: EventsOptions) => (await import("./events.ts")).events(options, processOutput));
  orderCommand(program, "reload", "take the changed config over: as a whole, or not at all").action(
    async (options: OrderOptions) =>
      (await import("./orders.ts")).order("reload", {}, options, processOutput),
  );
  addMoves(program);
  addPauses(program);
  addMemberOrders(program);
  addAnswers(program);
}

function addMoves(program: Command): void {
  moveCommand(
    program,
    "switchover",
    "move the address now, whatever hold-downs, limits and pauses say; never to a member that is not proven healthy",
  )
    .addArgument(group())
    .addArgument(new Argument("[member]", "who gets it; without it: the most preferred eligible member"))
    .option(
      "--force",
      "also to a member that its own probes do not prove healthy: you vouch for it, and it counts as healthy for 10m; drained members stay refused",
      false,
    )
    .action(async (group: string, member: string | undefined, options: SwitchoverOptions) =>
      (await import("./switchover.ts")).switchover(group, member, options, processOutput),
    );
  moveCommand(program, "failback", "move the address now to the member that is preferred to all others")
    .addArgument(group())
    .action(async (group: string, options: SwitchoverOptions) =>
      (await import("./switchover.ts")).failback(group, options, processOutput),
    );
  orderCommand(program, "reconcile", "ask the provider now who holds the address, and decide afresh")
    .addArgument(maybeGroup())
    .action(async (name: string | undefined, options: OrderOptions) =>
      (await import("./orders.ts")).order("reconcile", { group: name ?? null }, options, processOutput),
    );
  orderCommand(
    program,
    "probe-now",
    "probe now instead of at the next turn; each member at most once within its interval",
  )
    .addArgument(group())
    .addArgument(new Argument("[member]", "its name in the group; without it: all of them"))
    .action(async (group: string, member: string | undefined, options: OrderOptions) =>
      (await import("./orders.ts")).order(
        "probe-now",
        { group, member: member ?? null },
        options,
        processOutput,
      ),
    );
}

/** A move that a person makes. */
function moveCommand(program: Command, name: string, description: string): Command {
  return givenCommand(program, name, description)
    .option("-n, --dry-run", "only say what would be done, or why it would be refused", false)
    .option("-y, --yes", "do not ask on a terminal", false)
    .option("--no-wait", "only ask for it, and do not see it through");
}

function addPauses(program: Command): void {
  givenCommand(program, "pause", "no automatic moves, of one group or of all, until the time is over")
    .addArgument(maybeGroup())
    .addOption(time().makeOptionMandatory())
    .action(async (name: string | undefined, options: GivenOptions) =>
      (await import("./orders.ts")).give("pause", { group: name ?? null }, options, processOutput),
    );
  orderCommand(program, "resume", "take a pause back")
    .addArgument(maybeGroup())
    .action(async (name: string | undefined, options: OrderOptions) =>
      (await import("./orders.ts")).order("resume", { group: name ?? null }, options, processOutput),
    );
}

function addMemberOrders(program: Command): void {
  givenCommand(program, "drain", "the member may keep the address, not receive it")
    .addArgument(group())
    .addArgument(member())
    .addOption(maybeTime())
    .action(async (group: string, member: string, options: GivenOptions) =>
      (await import("./orders.ts")).give("drain", { group, member }, options, processOutput),
    );
  orderCommand(program, "undrain", "take a drain back")
    .addArgument(group())
    .addArgument(member())
    .action(async (group: string, member: string, options: OrderOptions) =>
      (await import("./orders.ts")).order("undrain", { group, member }, options, processOutput),
    );
  givenCommand(
    program,
    "force",
    "the health of the member is what you say, whatever its probes see: off an unhealthy holder the address moves, and a healthy member may receive it",
  )
    .addArgument(group())
    .addArgument(member())
    .addArgument(new Argument("<health>", "what it is to be").choices(["healthy", "unhealthy"]))
    .addOption(time().makeOptionMandatory())
    .action(async (group: string, member: string, health: string, options: GivenOptions) =>
      (await import("./orders.ts")).give("force", { group, member, health }, options, processOutput),
    );
  orderCommand(program, "unforce", "let the probes decide on the member again")
    .addArgument(group())
    .addArgument(member())
    .action(async (group: string, member: string, options: OrderOptions) =>
      (await import("./orders.ts")).order("unforce", { group, member }, options, processOutput),
    );
}

function addAnswers(program: Command): void {
  orderCommand(program, "approve", "let the move begin that waits for approval (mode: approve)")
    .addArgument(group())
    .addArgument(moveId())
    .option("-y, --yes", "do not ask on a terminal", false)
    .action(async (group: string, id: string | undefined, options: ApproveOptions) =>
      (await import("./orders.ts")).approve(group, id, options, processOutput),
    );
  orderCommand(
    program,
    "reject",
    "turn down the move that waits for approval; it is proposed again after an hour",
  )
    .addArgument(group())
    .addArgument(moveId())
    .action(async (group: string, id: string | undefined, options: OrderOptions) =>
      (await import("./orders.ts")).order("reject", { group, id: id ?? null }, options, processOutput),
    );
  orderCommand(
    program,
    "acknowledge",
    "take note of what a group holds back: a change by hand, a move that was rejected or is not verified",
  )
    .alias("ack")
    .addArgument(group())
    .action(async (group: string, options: OrderOptions) =>
      (await import("./orders.ts")).order("acknowledge", { group }, options, processOutput),
    );
}
