/** Where a command prints: results on stdout, everything else on stderr. */
import type { Writable } from "node:stream";

export interface Output {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** True when stdout is a terminal that wants colours. */
  readonly colours: boolean;
}

export const processOutput: Output = {
  stdout: process.stdout,
  stderr: process.stderr,
  colours: process.stdout.isTTY && process.stdout.hasColors() && process.env["NO_COLOR"] === undefined,
};

export function printLine(stream: Writable, text: string = ""): void {
  stream.write(`${text}\n`);
}

/** One JSON document on one line. */
export function printJson(output: Output, value: unknown): void {
  printLine(output.stdout, JSON.stringify(value));
}

const codes = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", cyan: "36" } as const;

export type Style = keyof typeof codes;

/** @returns the text in this style on a terminal, else the text itself. */
export function styled(output: Pick<Output, "colours">, style: Style, text: string): string {
  return output.colours ? `\u001B[${codes[style]}m${text}\u001B[0m` : text;
}
