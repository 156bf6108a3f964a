/** The commands that ask a running daemon about its past. */
import { Argument, Option, type Command } from "commander";
import type { HistoryOptions } from "./history.ts";
import { momentHelp } from "./moment.ts";
import { processOutput } from "./output.ts";
import { askingCommand } from "./people-commands.ts";
import type { WhyOptions } from "./why.ts";

const whyExamples = `
Says what decided, what would be done without that rule, until when it holds and who can end it,
and for each member what its probes saw, what was counted, and why it may not receive the address.

  failoverd why web                  why does web do what it does, or not, now?
  failoverd why web --at 03:12       why did it not move at 03:12?
  failoverd why web --at "2h ago"
  failoverd why web --at 2026-11-25T03:12:00Z --json`;

const historyExamples = `
Everything but single probes, the newest last: changes of health, decisions (also those to do nothing),
moves with their steps and what came of them, what people ordered, and when the daemon was not running.

  failoverd history                            all groups, the last 24 hours
  failoverd history web --since 7d
  failoverd history --follow                   and then what happens, without loss
  failoverd history web --since 03:00 --until 04:00 --json`;

export function addHistoryCommands(program: Command): void {
  askingCommand(program, "why", "why a group does what it does, or did at some moment, in sentences")
    .addArgument(new Argument("<group>", "its name in the config"))
    .addOption(new Option("--at <time>", `the moment: ${momentHelp}; without it: now`))
    .addHelpText("after", whyExamples)
    .action(async (group: string, options: WhyOptions) =>
      (await import("./why.ts")).why(group, options, processOutput),
    );
  askingCommand(program, "history", "what was decided, done, seen and ordered")
    .addArgument(new Argument("[group]", "its name in the config; without it: all groups"))
    .addOption(new Option("-g, --group <name>", "the same, as failoverd events takes it"))
    .addOption(new Option("--since <time>", `the first moment: ${momentHelp}`).default("24h"))
    .addOption(new Option("--until <time>", "the last moment; without it: now"))
    .addOption(new Option("--limit <count>", "so many of the newest entries").default("500"))
    .option("-f, --follow", "go on with what happens, as failoverd events does", false)
    .addHelpText("after", historyExamples)
    .action(async (group: string | undefined, options: HistoryOptions) =>
      (await import("./history.ts")).history(group, options, processOutput),
    );
}
