/**
 * The command line: what there is, what it takes, and what it says of itself. Each command is loaded when it is called, so
 * that `--help` does not wait for the others.
 */
import { Argument, Command, CommanderError, Option } from "commander";
import { errorText } from "../core/error-text.ts";
import { version } from "../version.ts";
import type { CheckOptions } from "./check.ts";
import { defaultConfigPath } from "./default-paths.ts";
import type { DemoOptions } from "./demo/demo.ts";
import { addCloud66Commands } from "./cloud66/commands.ts";
import { addExoscaleCommands } from "./exoscale/commands.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { isJournal, priorities, withPriority } from "./journal-stream.ts";
import { processOutput, printLine } from "./output.ts";
import { addHistoryCommands } from "./history-commands.ts";
import { addEndpointOptions, addPeopleCommands } from "./people-commands.ts";
import type { PlanOptions } from "./plan.ts";
import type { ProbeOptions } from "./probe.ts";
import type { RunOptions } from "./run.ts";
import type { SimulatorOptions } from "./simulator.ts";

const epilogue = `
Start here:
  failoverd demo                                    watch two failovers in simulated clouds
  failoverd check --config failoverd.yaml           is the config right?
  failoverd check --online --config failoverd.yaml  would a move work?
  failoverd check --diff --config failoverd.yaml    what would a reload change?
  failoverd plan --config failoverd.yaml            how fast, and what would happen now?
  failoverd run --config failoverd.yaml             the daemon

While it runs:
  failoverd status                                  what it sees, does and has been told, and why
  failoverd why web --at 03:12                      why it did, or did not, move then
  failoverd history web --since 7d                  what it decided and did, and what it was told
  failoverd events --follow                         what happens, as it happens
  failoverd pause web --for 2h --reason "upgrade"   no automatic moves of web; then: failoverd resume web
  failoverd drain web web-b --reason "disk"         web-b may keep the address of web, not receive it
  failoverd approve web                             mode: approve: let the move begin that waits

Exit codes: 0 done, 1 failed, 2 wrong usage or config, 3 refused by the daemon, 4 daemon not reachable.
The config is --config FILE, else $FAILOVERD_CONFIG, else ${defaultConfigPath}.
From another machine: --url https://HOST:9787 or $FAILOVERD_URL, --token-file FILE or $FAILOVERD_TOKEN.`;

/** Runs one command. @returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...argv], { from: "user" });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    // Commander has printed its own complaint, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (error instanceof CliError) {
      complain(error.message);
      return error.exitCode;
    }
    complain(errorText(error));
    return exitCodes.failed;
  }
}

/** A daemon that cannot even start has its last words in the journal too. */
function complain(message: string): void {
  printLine(
    processOutput.stderr,
    isJournal(process.stderr.fd) ? withPriority(message, priorities.error) : message,
  );
}

/** What there is on the command line, and what it takes. */
export function createProgram(): Command {
  const program = new Command("failoverd")
    .description("Probes the members of a group and moves its address off a dead holder.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help for a command")
    .addHelpText("after", epilogue)
    .showHelpAfterError("(add --help for what it takes)")
    .exitOverride();
  addConfigCommands(program);
  addPeopleCommands(program);
  addHistoryCommands(program);
  addExoscaleCommands(program);
  addCloud66Commands(program);
  addToolCommands(program);
  addCompletion(program);
  return program;
}

const configOption = (): Option => new Option("-c, --config <file>", "the config, YAML");
const jsonOption = (): Option =>
  new Option("--json", "print one JSON document instead of text").default(false);

function addConfigCommands(program: Command): void {
  program
    .command("run")
    .description("run the daemon: probe, decide, move; SIGTERM finishes the step under way and ends")
    .addOption(configOption())
    .addOption(
      new Option("--log-level <level>", "least level to log; debug shows every probe and provider request")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .addOption(
      new Option("--log-format <format>", "auto: text on a terminal, else JSON lines")
        .choices(["auto", "json", "text"])
        .default("auto"),
    )
    .option("--no-watch", "take a changed config over only when told: failoverd reload, or SIGHUP")
    .action(async (options: RunOptions) => (await import("./run.ts")).run(options));

  const check = program
    .command("check")
    .description(
      "check the config: every problem with its line; with --online, ask the providers whether a move would work",
    )
    .addOption(configOption())
    .option(
      "--online",
      "ask the providers: credentials, existence, who holds each address; changes nothing",
      false,
    )
    .option("--diff", "tell what a reload of this file would change in the daemon that runs", false);
  addEndpointOptions(check)
    .addOption(jsonOption())
    .action(async (options: CheckOptions) => (await import("./check.ts")).check(options, processOutput));

  program
    .command("plan")
    .description(
      "print how fast a dead member is found, what a move costs, how things are now and what would be done",
    )
    .addOption(configOption())
    .option("--offline", "only what follows from the config: no probe, no provider", false)
    .addOption(jsonOption())
    .action(async (options: PlanOptions) => (await import("./plan.ts")).printPlan(options, processOutput));
}

function addToolCommands(program: Command): void {
  program
    .command("probe")
    .description(
      "probe TARGET once, exactly as the daemon would: tcp://HOST:PORT, http://HOST/PATH or https://HOST/PATH",
    )
    .argument("<target>", "what to probe")
    .option("--timeout <duration>", "deadline over everything, up to 60s", "2s")
    .option("--expect-status <ranges>", "accepted status codes, such as 200,300-399 (default: below 400)")
    .option("--expect-body <text>", "text that the body must hold")
    .option("--method <method>", "GET, HEAD or OPTIONS", "GET")
    .option("--header <header>", 'a request header, "Name: value"; may be repeated', collect, [])
    .option("--host-header <host>", "value of the Host header")
    .option("--tls-sni <name>", "server name to send and verify")
    .option("--tls-skip-verify", "accept any certificate", false)
    .option("--tls-ca <file>", "PEM file of the authorities to trust")
    .addOption(jsonOption())
    .action(async (target: string, options: ProbeOptions) =>
      (await import("./probe.ts")).probeOnce(target, options, processOutput),
    );

  program
    .command("demo")
    .description("watch the daemon move two addresses in simulated clouds, then break things by hand")
    .option("--once", "end after the two moves; exit 0 only if both addresses moved and answer again", false)
    .option("--ports <which>", "fixed: those of config/demo.yaml; auto: whatever is free", "fixed")
    .addOption(
      new Option("--json", "print one JSON summary line; the timeline goes to stderr").default(false),
    )
    .action(async (options: DemoOptions) => (await import("./demo/demo.ts")).demo(options, processOutput));

  program
    .command("simulator")
    .description("serve a simulated Exoscale and Cloud 66 on loopback, for any client")
    .requiredOption("--world <file>", "what exists in it, YAML; see docs/simulator.md")
    .option("--listen <address>", "where the APIs are served (default: what the world says)")
    .action(async (options: SimulatorOptions) =>
      (await import("./simulator.ts")).simulate(options, processOutput),
    );
}

function addCompletion(program: Command): void {
  program
    .command("completion")
    .description("print the completion of commands, options, groups and members for a shell")
    .addArgument(new Argument("<shell>", "the shell to generate it for").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", completionHelp)
    .action(async (shell: "bash" | "zsh" | "fish") => {
      const { completionScripts } = await import("./completion/scripts.ts");
      processOutput.stdout.write(completionScripts[shell]);
    });
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: readonly string[]) =>
      (await import("./completion/complete.ts")).complete(program, words, processOutput),
    );
}

const completionHelp = `
Once, for all that follow:
  failoverd completion bash > /etc/bash_completion.d/failoverd
  failoverd completion zsh > "\${fpath[1]}/_failoverd"
  failoverd completion fish > ~/.config/fish/completions/failoverd.fish
For this shell only:
  eval "$(failoverd completion bash)"
Groups and members are those of the running daemon, or else of the config.`;

function collect(value: string, list: readonly string[]): readonly string[] {
  return [...list, value];
}
