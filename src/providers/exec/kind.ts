/** Commands of one's own in the config: two programs for an account, a name of an address for a group, a name for a member. */
import { z } from "zod";
import { parseDuration } from "../../config/duration.ts";
import type { Kind } from "../../config/kind.ts";
import { durationBetween, integer, oneOf, optional, required, wants } from "../../config/schema-values.ts";
import { Secret } from "../../config/secret.ts";

export interface ExecFile {
  readonly type: "exec";
  /** Program and arguments. */
  readonly read: readonly string[];
  /** Program and arguments. */
  readonly move: readonly string[];
  /** Default `flip`. */
  readonly transfer?: "flip" | "attach-detach";
  /** Default: an address moves by routes. */
  readonly "dns-ttl"?: string;
  /** Default `10s`. */
  readonly "read-timeout"?: string;
  /** Default `1m`. */
  readonly "move-timeout"?: string;
  /** Default `10s`. */
  readonly settle?: string;
  /** Default 4. */
  readonly "at-once"?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ExecConfig {
  readonly type: "exec";
  readonly name: string;
  /** Asks who holds an address. Program and arguments, run without a shell. */
  readonly read: readonly string[];
  /** Moves an address. Program and arguments, run without a shell. */
  readonly move: readonly string[];
  /** See `Capabilities`. `flip` is the default: no moment of a move is in our hands, so none can go wrong there. */
  readonly transfer: "flip" | "attach-detach";
  /** How long clients may keep an old answer. Null: an address moves by routes. */
  readonly dnsTtlMs: number | null;
  /** Longest run of `read`, waiting for its turn included. 100 ms to 30 s. */
  readonly readTimeoutMs: number;
  /** Longest run of `move`, waiting for its turn included. 1 s to 10 min. */
  readonly moveTimeoutMs: number;
  /** How long a move that ended without an answer may still show, before another one is made. */
  readonly settleMs: number;
  /** So many commands of the account run at the same time; others wait. 1–64. */
  readonly atOnceMax: number;
  /** What they find in their environment, beside PATH and LANG. */
  readonly env: Readonly<Record<string, Secret>>;
}

/** Longer ones no kernel takes, and nobody writes. Arguments and characters. */
const argumentsMax = 64;
const argumentCharsMax = 4_096;

const command = wants(
  z
    .array(
      z
        .string()
        .regex(/^[^\0]*$/)
        .max(argumentCharsMax),
    )
    .max(argumentsMax)
    .refine(([program = ""]) => /^\/[^\0]*[^/\0]$/.test(program)),
  "a list such as [/usr/local/bin/who-holds, --quiet]: the absolute path of a program, and its arguments",
);

/** It travels in JSON and ends up in command lines: no space, no quote, and no dash at its start. */
const ownName = wants(
  z.string().regex(/^[A-Za-z0-9:][A-Za-z0-9._:/@+=,%-]{0,127}$/),
  "1 to 128 letters, digits and . _ : / @ + = , % -, a letter, digit or colon first",
);

const variable = wants(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
  "1 to 128 letters, digits and underscores, no digit first",
);
const variableValue = wants(z.string().regex(/^[^\0]{1,32768}$/), "a text that is not empty");

export const exec: Kind<ExecFile, ExecConfig> = {
  file: z.strictObject({
    type: required(z.literal("exec"), "Commands of your own, see docs/providers.md."),
    read: required(command, "Asks who holds an address: program and arguments, run without a shell."),
    move: required(command, "Moves an address: program and arguments, run without a shell."),
    transfer: optional(oneOf("flip", "attach-detach"), {
      about:
        "flip: one run of move makes a member the only holder. attach-detach: one run adds a holder, another takes one off.",
      default: "flip",
    }),
    "dns-ttl": optional(durationBetween(1_000, 86_400_000, "5m"), {
      about: "How long clients may keep an old answer, when move changes DNS. Default: it changes routes.",
    }),
    "read-timeout": optional(durationBetween(100, 30_000, "10s"), {
      about: "The longest that read may take; then it is ended, and nothing is known.",
      default: "10s",
    }),
    "move-timeout": optional(durationBetween(1_000, 600_000, "1m"), {
      about: "The longest that move may take; then it is ended, and only read can tell what became of it.",
      default: "1m",
    }),
    settle: optional(durationBetween(0, 900_000, "10s"), {
      about:
        "How long a move without a clear end may still show in what read says, before another one is made.",
      default: "10s",
    }),
    "at-once": optional(integer(1, 64), {
      about: "So many commands run at the same time; others wait, within their time.",
      default: 4,
    }),
    env: optional(z.record(variable, variableValue), {
      about: "Environment of the commands. Default: PATH and LANG only.",
    }),
  } satisfies Record<keyof ExecFile, z.ZodType>),
  title: "exec",
  secrets: ["env"],
  address: { key: "address", value: ownName, about: "What your commands call the address. Exec only." },
  holder: { key: "holder", value: ownName, about: "What your commands call the member. Exec only." },
  manner: (file) => ({
    flip: (file.transfer ?? "flip") === "flip" ? "transfer: flip" : null,
    dnsTtlMs: file["dns-ttl"] === undefined ? null : parseDuration(file["dns-ttl"]),
  }),
  check: () => undefined,
  resolve: (name, file) => ({
    type: "exec",
    name,
    read: file.read,
    move: file.move,
    transfer: file.transfer ?? "flip",
    dnsTtlMs: file["dns-ttl"] === undefined ? null : parseDuration(file["dns-ttl"]),
    readTimeoutMs: parseDuration(file["read-timeout"] ?? "10s") ?? 0,
    moveTimeoutMs: parseDuration(file["move-timeout"] ?? "1m") ?? 0,
    settleMs: parseDuration(file.settle ?? "10s") ?? 0,
    atOnceMax: file["at-once"] ?? 4,
    env: Object.fromEntries(Object.entries(file.env ?? {}).map(([key, value]) => [key, new Secret(value)])),
  }),
  // What the commands speak to only they know; a better command is no other account.
  identity: (account) => [account.name],
};
