/** Tables and sheets for people. */
import { printLine, styled, type Output } from "../output.ts";
import { tableLines, wrapped } from "../table.ts";

/** A table, or one sentence when it would be empty. */
export function printTable(
  output: Output,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  ifEmpty: string,
): void {
  if (rows.length === 0) return printLine(output.stdout, ifEmpty);
  const [head = "", ...lines] = tableLines(header, rows);
  printLine(output.stdout, styled(output, "bold", head));
  for (const line of lines) printLine(output.stdout, line);
}

/** One thing with its fields, names on the left. Null: the field is left out. */
export function printSheet(output: Output, fields: readonly (readonly [string, string | null])[]): void {
  const shown = fields.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
  const width = Math.max(...shown.map(({ name }) => name.length)) + 2;
  for (const { name, value } of shown) {
    const text = value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
    for (const [i, line] of wrapped(text, 80 - width).entries()) {
      printLine(output.stdout, `${i === 0 ? name.padEnd(width) : " ".repeat(width)}${line}`);
    }
  }
}
