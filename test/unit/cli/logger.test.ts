import { closeSync, fstatSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isJournal, withPriority } from "../../../src/cli/journal-stream.ts";
import { createLogger, type LogOptions, type LogSink } from "../../../src/cli/logger.ts";

function logged(options: Partial<LogOptions>, sink: Partial<LogSink>): string {
  let text = "";
  const log = createLogger(
    { logLevel: "debug", logFormat: "auto", ...options },
    { write: (more) => void (text += more), isTerminal: false, isJournal: false, colours: false, ...sink },
  );
  log.debug({ group: "web" }, "d");
  log.info({ group: "web", token: "sesame" }, "i");
  log.warn({ group: "web" }, "w");
  log.error({ err: new Error("broken") }, "e");
  return text;
}

describe("createLogger()", () => {
  test("writes JSON lines where no person looks, without what must not be seen", () => {
    const lines = logged({}, {})
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ level, msg }) => `${String(level)} ${String(msg)}`)).toEqual([
      "debug d",
      "info i",
      "warn w",
      "error e",
    ]);
    expect(lines[1]).toMatchObject({ group: "web", token: "[Redacted]" });
  });

  test("writes text on a terminal, with the group before it", () => {
    expect(logged({}, { isTerminal: true })).toMatch(
      /^\[[\d:.]+\] DEBUG: web: d\n.*INFO: web: i\n.*WARN: web: w\n.*ERROR: e\n/,
    );
    expect(logged({ logFormat: "json" }, { isTerminal: true })).toMatch(/^\{"level":"debug"/);
  });

  test("begins each line in the journal with its priority, also those of a stack", () => {
    const json = logged({}, { isJournal: true }).trim().split("\n");
    expect(json.map((line) => line.slice(0, 12))).toEqual([
      '<7>{"level":',
      '<6>{"level":',
      '<4>{"level":',
      '<3>{"level":',
    ]);
    const text = logged({ logFormat: "text" }, { isJournal: true }).trim().split("\n");
    expect(text.slice(0, 4)).toEqual([
      "<7>DEBUG: web: d",
      "<6>INFO: web: i",
      "<4>WARN: web: w",
      "<3>ERROR: e",
    ]);
    expect(text.length).toBeGreaterThan(5);
    expect(text.slice(4).filter((line) => !/^(<3>.*)?$/.test(line))).toEqual([]);
  });

  test("leaves out what is below its level", () => {
    expect(logged({ logLevel: "warn" }, {}).trim().split("\n")).toHaveLength(2);
  });
});

describe("isJournal()", () => {
  test("is true for the file that $JOURNAL_STREAM names, and no other", () => {
    const fd = openSync("/dev/null", "r");
    const { dev, ino } = fstatSync(fd);
    expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
    expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false);
    expect(isJournal(fd, { JOURNAL_STREAM: "" })).toBe(false);
    expect(isJournal(fd, {})).toBe(false);
    closeSync(fd);
    expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false);
  });
});

test("withPriority() leaves empty lines alone", () => {
  expect(withPriority("a\n\nb\n", 3)).toBe("<3>a\n\n<3>b\n");
});
