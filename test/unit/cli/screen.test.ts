import { expect, test } from "vitest";
import { Screen } from "../../../src/cli/screen.ts";

test("Screen draws over what was there, counts what does not fit, and leaves the terminal as it was", () => {
  const written: string[] = [];
  const screen = new Screen({ rows: 3, write: (text) => written.push(text) });
  screen.show(["a", "b", "c"]);
  screen.show(["a", "b", "c", "d"]);
  screen.close();
  expect(written).toEqual([
    "\u001B[?1049h\u001B[?25l\u001B[?7l",
    "\u001B[Ha\u001B[K\r\nb\u001B[K\r\nc\u001B[K\u001B[J",
    "\u001B[Ha\u001B[K\r\nb\u001B[K\r\n… 2 more lines\u001B[K\u001B[J",
    "\u001B[?7h\u001B[?25h\u001B[?1049l",
  ]);
});
