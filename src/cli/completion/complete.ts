/** `failoverd __complete`: answers a shell quickly or not at all, and never with an error in the middle of somebody's line. */
import type { Command } from "commander";
import { z } from "zod";
import { readGroupNames, type GroupNames } from "../../config/names.ts";
import { askDaemon } from "../../server/client.ts";
import { configPath } from "../config-option.ts";
import { endpointOf } from "../endpoint-option.ts";
import { printLine, type Output } from "../output.ts";
import { completionOf, optionValue, type Candidate } from "./candidates.ts";

/** A person waits for it with a finger on the key. Milliseconds. */
const askTimeoutMs = 700;

export async function complete(program: Command, typed: readonly string[], output: Output): Promise<void> {
  // Bash makes words of their own of the = in --option=value.
  const words = typed.flatMap((word, i) => (word !== "=" ? word : i === typed.length - 1 ? "" : []));
  const completion = completionOf(program, words);
  if (completion.kind === "file") return printLine(output.stdout, ":file");
  for (const { value, description } of await candidatesOf(completion, words)) {
    if (value.startsWith(words.at(-1) ?? "")) printLine(output.stdout, `${value}\t${firstLine(description)}`);
  }
}

async function candidatesOf(
  completion: Exclude<ReturnType<typeof completionOf>, { kind: "file" }>,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  switch (completion.kind) {
    case "candidates":
      return completion.candidates;
    case "group":
      return [...(await groupNames(words))].map(([value, members]) => ({
        value,
        description: members.join(", "),
      }));
    case "member": {
      const members = (await groupNames(words)).get(completion.group) ?? [];
      return members.map((value) => ({ value, description: `of ${completion.group}` }));
    }
  }
}

const statusNames = z.object({
  groups: z.array(z.object({ name: z.string(), members: z.array(z.object({ name: z.string() })) })),
});

/** Of the running daemon, and when it is not to be reached, of its config. */
async function groupNames(words: readonly string[]): Promise<GroupNames> {
  const config = optionValue(words, "--config", "-c");
  const given = {
    config,
    socket: optionValue(words, "--socket", "-s"),
    url: optionValue(words, "--url"),
    tokenFile: optionValue(words, "--token-file"),
    tlsCa: optionValue(words, "--tls-ca"),
    tlsCert: optionValue(words, "--tls-cert"),
    tlsKey: optionValue(words, "--tls-key"),
  };
  try {
    const named = Object.entries(given).filter(([, value]) => value !== undefined);
    const endpoint = endpointOf({
      ...Object.fromEntries(named),
      insecure: words.includes("--insecure"),
    });
    const answer = await askDaemon(endpoint, { method: "GET", path: "/api/v1/status" }, askTimeoutMs);
    const status = statusNames.parse(answer.kind === "answer" ? answer.json : null);
    return new Map(status.groups.map(({ name, members }) => [name, members.map((each) => each.name)]));
  } catch {
    return readGroupNames(configPath(config));
  }
}

function firstLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").slice(0, 120);
}
