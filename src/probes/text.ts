/**
 * What a target sends may end up in a log, on a terminal or in a page. These two functions make it short and harmless:
 * everything outside printable ASCII is escaped.
 */

/** The longest detail of a probe, in characters. Longer ones end in an ellipsis. */
const detailMax = 200;

/** The most that is shown of what a target sent, in characters. */
const excerptMax = 60;

/** @returns `text` on one line, escaped and at most `max` characters long (default 200). */
export function clip(text: string, max: number = detailMax): string {
  const escaped = text.slice(0, max + 1).replace(/[^\x20-\x7e]/g, escape);
  return escaped.length > max ? `${escaped.slice(0, max - 1)}…` : escaped;
}

/** @returns the start of `text` in double quotes, escaped, at most 62 characters long. */
export function excerpt(text: string): string {
  return `"${clip(text, excerptMax)}"`;
}

function escape(character: string): string {
  switch (character) {
    case "\r":
      return "\\r";
    case "\n":
      return "\\n";
    case "\t":
      return "\\t";
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  }
}
