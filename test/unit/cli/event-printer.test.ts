import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { EventPrinter } from "../../../src/cli/event-printer.ts";
import { dateOf, localTime } from "../../../src/daemon/history/time-text.ts";
import type { HeardEvent } from "../../../src/server/event-client.ts";

function printed(
  events: readonly Partial<HeardEvent>[],
  { json = false, colours = false, day = "" } = {},
): { readonly out: string; readonly err: string } {
  const said = { out: "", err: "" };
  const into = (name: keyof typeof said): Writable =>
    new Writable({
      write(chunk: Buffer, _, done): void {
        said[name] += chunk.toString();
        done();
      },
    });
  const output = { stdout: into("out"), stderr: into("err"), colours };
  const printer = new EventPrinter({ output, json }, day);
  for (const event of events)
    printer.print({ id: "1-1", type: "order", time: at, level: "info", group: "web", text: "t", ...event });
  return said;
}

const at = "2026-11-25T10:20:30.000Z";
const clock = localTime(Date.parse(at))(Date.parse(at));

describe("EventPrinter", () => {
  test("prints the day once, and then time, group and sentence on lines of 80 columns", () => {
    const text = "a sentence that is much longer than one line, ".repeat(4).trim();
    const { out } = printed([{ text }, { group: null, text: "short" }, { group: "a-longer-name" }]);
    const lines = out.split("\n");
    expect(lines.slice(0, 2)).toEqual([
      dateOf(new Date(at)),
      expect.stringMatching(`^${clock}  web    a sen`),
    ]);
    expect(lines[2]).toMatch(/^ {17}\S/);
    expect(lines.slice(-3)).toEqual([`${clock}  (all)  short`, `${clock}  a-longer-name  t`, ""]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("says a day that is printed already no more, and each further one", () => {
    const day = dateOf(new Date(at));
    expect(printed([{}], { day }).out).toBe(`${clock}  web    t\n`);
    expect(printed([{}, { time: "2026-11-27T10:20:30.000Z" }], { day }).out).toMatch(/t\n2026-11-2\d\n/);
  });

  test("says what is missing on stderr, and to a program also where it is missing", () => {
    const gap = { type: "gap", level: "warn", group: null, text: "5 events are gone" } as const;
    expect(printed([gap])).toEqual({ out: "", err: "5 events are gone\n" });
    const { out, err } = printed([gap], { json: true });
    expect([JSON.parse(out), err]).toEqual([expect.objectContaining({ ...gap, id: "1-1" }), gap.text + "\n"]);
  });

  test("prints one line of JSON for each event to a program", () => {
    const { out } = printed([{ rule: "steady" }, {}], { json: true });
    const [first = "", second, last] = out.split("\n");
    expect(JSON.parse(first)).toEqual({
      id: "1-1",
      type: "order",
      time: at,
      level: "info",
      group: "web",
      text: "t",
      rule: "steady",
    });
    expect([second === undefined, last]).toEqual([false, ""]);
  });

  test("lets nothing that a sentence holds move the cursor", () => {
    expect(printed([{ text: "a\u001b[2Jb\r\nc" }]).out).toContain("a [2Jb c\n");
  });

  test("colours trouble on a terminal", () => {
    const { out } = printed([{ level: "error" }, { level: "warn" }, {}], { colours: true });
    expect(out).toContain(`\u001b[31m${clock}  web    t\u001b[0m\n`);
    expect(out).toContain(`\u001b[33m${clock}  web    t\u001b[0m\n`);
    expect(out).toContain(`\n${clock}  web    t\n`);
  });
});
