/** A terminal's other screen: drawn over in place, and gone without a trace when it is closed. */
import type { Writable } from "node:stream";
import type { WriteStream } from "node:tty";

/** What is needed of a terminal. */
export interface Terminal {
  write(text: string): unknown;
  readonly rows: number;
}

/** @returns null when the stream is none. */
export function terminalOf(stream: Writable): Terminal | null {
  return isTerminal(stream) ? stream : null;
}

function isTerminal(stream: Writable): stream is WriteStream {
  return "isTTY" in stream && stream.isTTY === true;
}

/** Other screen, no cursor, long lines cut instead of wrapped; and back again (xterm's control sequences). */
const open = "\u001B[?1049h\u001B[?25l\u001B[?7l";
const closed = "\u001B[?7h\u001B[?25h\u001B[?1049l";
const home = "\u001B[H";
const clearLine = "\u001B[K";
const clearBelow = "\u001B[J";

export class Screen {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(open);
  }

  /** Nothing is cleared before it is written over, so that it does not flicker. What is too much for the screen is counted. */
  show(lines: readonly string[]): void {
    const { rows } = this.#terminal;
    const fits = lines.length <= rows;
    const shown = fits ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
    this.#terminal.write(`${home}${shown.map((line) => line + clearLine).join("\r\n")}${clearBelow}`);
  }

  close(): void {
    this.#terminal.write(closed);
  }
}
