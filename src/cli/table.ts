/** A table for a terminal of 80 columns. Names are never cut; the last column is text, and its lines are broken at words. */

const widthMax = 80;
const gap = 2;
/** A last column that is narrower than this is hard to read, so it goes below. */
const textWidthMin = 30;

/** @returns the lines, the first of them the header. Every row has as many cells as the header. */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [header, ...rows.map((row) => row.map(visible))];
  const widths = header.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.flatMap((row) => linesOf(row, widths));
}

/** @param widths of the columns before the last one, at the least. @returns the lines of one row. */
export function rowLines(row: readonly string[], widths: readonly number[]): readonly string[] {
  return linesOf(row.map(visible), widths);
}

function linesOf(row: readonly string[], widths: readonly number[]): readonly string[] {
  const head = row
    .slice(0, -1)
    .map((cell, i) => cell.padEnd((widths[i] ?? 0) + gap))
    .join("");
  const indent = head.length;
  const text = row.at(-1) ?? "";
  if (widthMax - indent >= textWidthMin) return hung(head, wrapped(text, widthMax - indent), indent);
  return [head.trimEnd()].concat(hung("    ", wrapped(text, widthMax - 4), 4));
}

function hung(head: string, lines: readonly string[], indent: number): readonly string[] {
  return lines.map((line, i) => `${i === 0 ? head : " ".repeat(indent)}${line}`.trimEnd());
}

/** A word that is longer than a line gets a line of its own. @returns at least one line. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Reasons may come from a provider or a file: nothing in them may move the cursor or break the table. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}
