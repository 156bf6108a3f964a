/** `failoverd cloud66 …`: what there is and what it takes. Each command is loaded when it is called. */
import { Argument, Option, type Command } from "commander";
import { processContext } from "../clouds/context.ts";
import type { ChangeOptions, CreateOptions, UpdateOptions } from "./change-options.ts";
import type { Cloud66Options } from "./session.ts";

const help = `
Cloud 66 calls an elastic address a failover group as well: a name that points at its primary or its secondary stack.

Examples:
  failoverd cloud66 elastic-address list
  failoverd cloud66 elastic-address update UID --current secondary     flips it; clients follow within 5 minutes
  failoverd cloud66 elastic-address update UID --secondary STACK       puts another stack in
  failoverd cloud66 elastic-address update UID --remove-secondary      takes it out: never by an empty text

The token is that of the config's provider (--config FILE, --provider NAME when there are several), else
$CLOUD66_ACCESS_TOKEN, else the default config's. $CLOUD66_TOKEN of Cloud 66's own tool is not a token, but a whole file.

Exit codes: 0 done, 1 failed (what, why, the request's id and what to do are on stderr), 2 wrong usage.`;

export function addCloud66Commands(program: Command): void {
  const cloud66 = program
    .command("cloud66")
    .description(
      "look at and change elastic addresses (failover groups) at Cloud 66, by hand or from a script",
    )
    .addHelpText("after", help);
  const addresses = cloud66
    .command("elastic-address")
    .alias("failover-group")
    .description("elastic addresses, with the stacks that they point at");
  addQuestions(addresses);
  addChanges(addresses);
  command(cloud66.command("stack").description("stacks"), "show", "status, health and host of one stack")
    .addArgument(new Argument("<uid>", "its uid"))
    .action(async (uid: string, options: Cloud66Options) =>
      (await import("./show.ts")).showStack(uid, options, processContext()),
    );
  command(cloud66, "ping", "does Cloud 66 answer, and is the token valid").action(
    async (options: Cloud66Options) => (await import("./show.ts")).ping(options, processContext()),
  );
}

const current = (description: string): Option =>
  new Option("--current <role>", description).choices(["primary", "secondary"]);
const address = (): Argument => new Argument("<uid>", "its uid or its address");

/** What every one of these commands takes. */
function command(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .addOption(new Option("-c, --config <file>", "use the token of this config's provider"))
    .addOption(new Option("-p, --provider <name>", "which provider of the config, when there are several"))
    .addOption(new Option("--json", "print one JSON document instead of text").default(false));
}

/** What every change takes. */
function change(parent: Command, name: string, description: string): Command {
  return command(parent, name, description)
    .addOption(new Option("-y, --yes", "do not ask; needed where there is no terminal").default(false))
    .addOption(new Option("--wait", "see it through").default(true))
    .addOption(new Option("--no-wait", "only send it, and do not look for it in the list"))
    .addOption(new Option("--timeout <duration>", "how long to look for it, from 30s to 15m").default("3m"));
}

function addQuestions(parent: Command): void {
  command(parent, "list", "every elastic address of the account").action(async (options: Cloud66Options) =>
    (await import("./show.ts")).listElasticAddresses(options, processContext()),
  );
  command(parent, "show", "one elastic address, its stacks, and the group that moves it")
    .addArgument(address())
    .action(async (text: string, options: Cloud66Options) =>
      (await import("./show.ts")).showElasticAddress(text, options, processContext()),
    );
}

function addChanges(parent: Command): void {
  change(parent, "create", "get a new elastic address, with or without stacks")
    .option("--primary <stack>", "uid of the primary stack")
    .option("--secondary <stack>", "uid of the secondary stack")
    .addOption(current("where it points to"))
    .action(async (options: CreateOptions) =>
      (await import("./change.ts")).createElasticAddress(options, processContext()),
    );
  change(parent, "update", "flip it, put other stacks in, or take stacks out; what is not named stays")
    .addArgument(address())
    .addOption(current("flips it, unless it points there already"))
    .option("--primary <stack>", "uid of another primary stack")
    .option("--secondary <stack>", "uid of another secondary stack")
    .option("--remove-primary", "take the primary stack out", false)
    .option("--remove-secondary", "take the secondary stack out", false)
    .action(async (text: string, options: UpdateOptions) =>
      (await import("./change.ts")).updateElasticAddress(text, options, processContext()),
    );
  change(parent, "delete", "give an elastic address back that points at no stack; its name is lost for good")
    .addArgument(address())
    .action(async (text: string, options: ChangeOptions) =>
      (await import("./change.ts")).deleteElasticAddress(text, options, processContext()),
    );
}
