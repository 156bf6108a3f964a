/**
 * What may come next on a command line, worked out from the commands themselves: nothing is listed a second time that could grow
 * old. Pure; names of groups and members are looked up by whoever asks.
 */
import type { Argument, Command, Option } from "commander";

export interface Candidate {
  readonly value: string;
  /** One line for shells that show it. */
  readonly description: string;
}

/** What completes the last word of a line. */
export type Completion =
  | { readonly kind: "candidates"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "file" }
  | { readonly kind: "group" }
  /** A member of this group. */
  | { readonly kind: "member"; readonly group: string };

/** @param words after the name of the program; the last one is being typed, perhaps still empty. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? "";
  const { command, operands, pending, isOver } = walk(program, words.slice(0, -1));
  if (pending !== null) return ofOption(pending);
  if (!isOver && current.startsWith("-")) return ofFlags(command, current);
  if (command.commands.length > 0) {
    const visible = operands.length === 0 ? command.createHelp().visibleCommands(command) : [];
    return chosen(visible.map((each) => ({ value: each.name(), description: each.description() })));
  }
  const declared = command.registeredArguments;
  const argument = declared[operands.length] ?? (declared.at(-1)?.variadic === true ? declared.at(-1) : null);
  return argument === undefined || argument === null ? chosen([]) : ofArgument(argument, operands);
}

/** @returns the values of what was typed with these options, e.g. of `--config`, the last of each. */
export function optionValue(words: readonly string[], ...flags: readonly string[]): string | undefined {
  const found = words.flatMap((word, i) => {
    const [flag = "", value] = word.startsWith("--") ? word.split(/=(.*)/s) : [word];
    if (!flags.includes(flag)) return [];
    return value ?? words[i + 1] ?? [];
  });
  return found.at(-1);
}

interface Walked {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The option whose value is to come. */
  readonly pending: Option | null;
  /** After `--` there are no more options. */
  readonly isOver: boolean;
}

function walk(program: Command, words: readonly string[]): Walked {
  let command = program;
  const operands: string[] = [];
  let pending: Option | null = null;
  let isOver = false;
  for (const word of words) {
    if (pending !== null) pending = null;
    else if (isOver) operands.push(word);
    else if (word === "--") isOver = true;
    else if (word.startsWith("-")) pending = word.includes("=") ? null : valued(command, word);
    else {
      const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
      if (next === undefined) operands.push(word);
      else command = next;
    }
  }
  return { command, operands, pending, isOver };
}

function valued(command: Command, flag: string): Option | null {
  const option = command.options.find(({ long, short }) => long === flag || short === flag);
  return option?.required === true ? option : null;
}

function ofOption({ argChoices, flags, long }: Option): Completion {
  if (argChoices !== undefined) return chosen(argChoices.map((value) => ({ value, description: "" })));
  return /<(file|path)>/.test(flags) && long !== undefined ? { kind: "file" } : chosen([]);
}

function ofFlags(command: Command, current: string): Completion {
  const options = command.createHelp().visibleOptions(command);
  const [flag = "", value] = current.split("=");
  if (value !== undefined) {
    const option = valued(command, flag);
    const completion = option === null ? chosen([]) : ofOption(option);
    if (completion.kind !== "candidates") return completion;
    return chosen(
      completion.candidates.map(({ value, description }) => ({ value: `${flag}=${value}`, description })),
    );
  }
  return chosen(
    options.flatMap(({ long, description }) => (long === undefined ? [] : { value: long, description })),
  );
}

function ofArgument(argument: Argument, operands: readonly string[]): Completion {
  const { argChoices } = argument;
  if (argChoices !== undefined) return chosen(argChoices.map((value) => ({ value, description: "" })));
  switch (argument.name()) {
    case "group":
      return { kind: "group" };
    case "member":
      return { kind: "member", group: operands[0] ?? "" };
    default:
      return chosen([]);
  }
}

function chosen(candidates: readonly Candidate[]): Completion {
  return { kind: "candidates", candidates };
}
