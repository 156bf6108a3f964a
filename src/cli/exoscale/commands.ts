/** `failoverd exoscale …`: what there is and what it takes. Each command is loaded when it is called. */
import { Argument, Option, type Command } from "commander";
import { healthcheckModes } from "../../core/healthcheck-limits.ts";
import { addressFamilies, resetFields } from "../../providers/exoscale/fields.ts";
import { processContext } from "../clouds/context.ts";
import type { AccountOptions } from "../clouds/account.ts";
import type { ChangeOptions, SureOptions } from "./carry-out.ts";
import type { CreateOptions, UpdateOptions } from "./change.ts";
import type { ExoscaleOptions } from "./session.ts";
import type { ListOptions } from "./show.ts";
import type { ZoneOptions } from "./zones.ts";

const help = `
Examples:
  failoverd exoscale elastic-ip list                       every Elastic IP of the zone, and who holds it
  failoverd exoscale elastic-ip create --description www
  failoverd exoscale elastic-ip attach 198.51.100.7 web-b  and then: detach 198.51.100.7 web-a
  failoverd exoscale iam-policy --config failoverd.yaml    what the daemon's key must be allowed

Credentials are those of the config's provider (--config FILE, --provider NAME when there are several), else
$EXOSCALE_API_KEY, $EXOSCALE_API_SECRET and $EXOSCALE_ZONE or $EXOSCALE_API_ENDPOINT, else the default config's.

Exit codes: 0 done, 1 failed (what, why, the request's id and what to do are on stderr), 2 wrong usage.`;

export function addExoscaleCommands(program: Command): void {
  const exoscale = program
    .command("exoscale")
    .description("look at and change Elastic IPs at Exoscale, by hand or from a script")
    .addHelpText("after", help);
  const elasticIps = exoscale
    .command("elastic-ip")
    .alias("eip")
    .description("Elastic IPs, with their holders");
  addElasticIpQuestions(elasticIps);
  addElasticIpChanges(elasticIps);
  addElasticIpMoves(elasticIps);
  addOthers(exoscale);
}

const elasticIp = (): Argument => new Argument("<elastic-ip>", "its address or its id");
const instance = (): Argument => new Argument("<instance>", "its name or its id");
const json = (): Option => new Option("--json", "print one JSON document instead of text").default(false);

function account(command: Command): Command {
  return command
    .addOption(new Option("-c, --config <file>", "use the credentials of this config's provider"))
    .addOption(new Option("-p, --provider <name>", "which provider of the config, when there are several"));
}

/** What every one of these commands takes. */
function command(parent: Command, name: string, description: string): Command {
  return account(parent.command(name).description(description))
    .addOption(
      new Option("-z, --zone <zone>", "with credentials of the environment: the zone, such as ch-gva-2"),
    )
    .addOption(json());
}

/** What every change takes. */
function change(parent: Command, name: string, description: string): Command {
  return command(parent, name, description)
    .addOption(new Option("--wait", "see it through").default(true))
    .addOption(new Option("--no-wait", "only send it, and print the operation to follow"))
    .addOption(new Option("--timeout <duration>", "how long to follow it, from 1s to 15m").default("2m"));
}

const yes = (): Option =>
  new Option("-y, --yes", "do not ask; needed where there is no terminal").default(false);

function fields(command: Command): Command {
  return command
    .option("--description <text>", "at most 255 characters")
    .addOption(repeated("--label <key=value>", "a label; may be repeated, others stay as they are"))
    .addOption(
      new Option("--healthcheck-mode <mode>", "makes Exoscale itself route by it").choices([
        ...healthcheckModes,
      ]),
    )
    .option("--healthcheck-port <port>", "1 to 65535")
    .option("--healthcheck-interval <seconds>", "from check to check, 5 to 300 (default: 10)")
    .option("--healthcheck-timeout <seconds>", "of one check, 2 to 60 (default: 2)")
    .option("--healthcheck-strikes-ok <n>", "passes until it is healthy, 1 to 20 (default: 2)")
    .option("--healthcheck-strikes-fail <n>", "fails until it is unhealthy, 1 to 20 (default: 3)")
    .option("--healthcheck-uri <path>", "what is asked for with http and https, such as /status")
    .option("--healthcheck-tls-sni <name>", "server name with https")
    .option("--healthcheck-tls-skip-verify", "accept any certificate with https")
    .option("--no-healthcheck-tls-skip-verify", "verify the certificate");
}

function addElasticIpQuestions(parent: Command): void {
  command(parent, "list", "every Elastic IP of the zone, with who holds it")
    .option("--no-holders", "do not ask every instance what it holds: one request, however many there are")
    .action(async (options: ListOptions) =>
      (await import("./show.ts")).listElasticIps(options, processContext()),
    );
  command(parent, "show", "one Elastic IP in full: healthcheck, labels, holders, and the group that moves it")
    .addArgument(elasticIp())
    .action(async (text: string, options: ExoscaleOptions) =>
      (await import("./show.ts")).showElasticIp(text, options, processContext()),
    );
}

function addElasticIpChanges(parent: Command): void {
  fields(
    change(
      parent,
      "create",
      "get a new Elastic IP; without a healthcheck, as failoverd needs it, it is manual",
    ),
  )
    .addOption(
      new Option("--address-family <family>", "inet6 is a /96 (default: inet4)").choices([
        ...addressFamilies,
      ]),
    )
    .action(async (options: CreateOptions) =>
      (await import("./change.ts")).createElasticIp({ ...options, removeLabel: [] }, processContext()),
    );
  fields(
    change(
      parent,
      "update",
      "change description, labels or healthcheck; what is not named stays. A healthcheck cannot be taken away again",
    ),
  )
    .addArgument(elasticIp())
    .addOption(repeated("--remove-label <key>", "take a label off; may be repeated"))
    .option(
      "--from-config",
      "write the healthcheck of the config's group, so far as Exoscale has the like",
      false,
    )
    .action(async (text: string, options: UpdateOptions) =>
      (await import("./change.ts")).updateElasticIp(text, options, processContext()),
    );
  change(parent, "delete", "give an Elastic IP back that nobody holds; its address is lost for good")
    .addArgument(elasticIp())
    .addOption(yes())
    .action(async (text: string, options: SureOptions) =>
      (await import("./change.ts")).deleteElasticIp(text, options, processContext()),
    );
  change(parent, "reset", "set a field back to its default")
    .addArgument(elasticIp())
    .addArgument(new Argument("[field]", "which one").choices([...resetFields]).default("description"))
    .addOption(yes())
    .action(async (text: string, field: string, options: SureOptions) =>
      (await import("./change.ts")).resetElasticIp(text, field, options, processContext()),
    );
}

function addElasticIpMoves(parent: Command): void {
  change(
    parent,
    "attach",
    "let an instance hold an Elastic IP too: it takes it from nobody, and traffic is spread over all holders",
  )
    .addArgument(elasticIp())
    .addArgument(instance())
    .action(async (text: string, instance: string, options: ChangeOptions) =>
      (await import("./move.ts")).attach(text, instance, options, processContext()),
    );
  change(parent, "detach", "take an Elastic IP off an instance")
    .addArgument(elasticIp())
    .addArgument(instance())
    .addOption(yes())
    .action(async (text: string, instance: string, options: SureOptions) =>
      (await import("./move.ts")).detach(text, instance, options, processContext()),
    );
}

function addOthers(exoscale: Command): void {
  const instances = exoscale
    .command("instance")
    .description("instances, with the Elastic IPs that they hold");
  command(instances, "list", "every instance of the zone").action(async (options: ExoscaleOptions) =>
    (await import("./show.ts")).listInstances(options, processContext()),
  );
  command(instances, "show", "one instance, with the Elastic IPs that it holds")
    .addArgument(instance())
    .action(async (text: string, options: ExoscaleOptions) =>
      (await import("./show.ts")).showInstance(text, options, processContext()),
    );
  command(exoscale.command("operation").description("what a change has become"), "show", "one operation")
    .addArgument(new Argument("<id>", "its UUID, as --no-wait and messages name it"))
    .option("--wait", "follow it to its end; exit code 1 when it fails", false)
    .addOption(new Option("--timeout <duration>", "how long to follow it, from 1s to 15m").default("2m"))
    .action(async (id: string, options: ChangeOptions) =>
      (await import("./operation.ts")).showOperation(id, options, processContext()),
    );
  account(
    exoscale
      .command("zone")
      .description("zones")
      .command("list")
      .description("every zone; needs no credentials"),
  )
    .addOption(json())
    .action(async (options: ZoneOptions) =>
      (await import("./zones.ts")).listZones(options, processContext()),
    );
  account(exoscale.command("iam-policy"))
    .description("print the IAM policy that is enough for exactly the groups of the config, and no more")
    .action(async (options: AccountOptions) =>
      (await import("./iam-policy.ts")).printIamPolicy(options, processContext()),
    );
}

function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect).default([], "none");
}

function collect(value: string, list: readonly string[]): readonly string[] {
  return [...list, value];
}
