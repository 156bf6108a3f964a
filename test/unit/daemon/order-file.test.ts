/** The standing orders on the disk: what is read back, and what is made of a file that cannot be read. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { orderMaxMs } from "../../../src/core/orders.ts";
import { OrderFile, orderFileName } from "../../../src/daemon/order-file.ts";
import type { StoredOrder } from "../../../src/daemon/orders.ts";

const wallNow = 1_800_000_000_000;

const stamps = { by: "ann", reason: "kernel upgrade", givenWallMs: wallNow, untilWallMs: wallNow + 60_000 };
const orders: readonly StoredOrder[] = [
  { subject: { kind: "pause", group: null }, ...stamps },
  { subject: { kind: "pause", group: "web" }, ...stamps },
  { subject: { kind: "drain", group: "web", member: "a" }, ...stamps, untilWallMs: null },
  { subject: { kind: "force", group: "web", member: "b", health: "healthy" }, ...stamps },
];

describe("the file of the standing orders", () => {
  let stateDir: string;
  let notices: string[];
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), "failoverd-orders-"));
    notices = [];
  });
  afterEach(() => {
    rmSync(stateDir, { recursive: true });
  });

  const path = (name = orderFileName): string => join(stateDir, name);
  const opened = (dir = stateDir): OrderFile =>
    new OrderFile({ stateDir: dir, wallNow: () => wallNow, onNotice: (text) => notices.push(text) });

  test("is not there at first, which is no order", () => {
    expect(opened().load()).toEqual([]);
    expect(opened(join(stateDir, "not/there")).load()).toEqual([]);
    expect(notices).toEqual([]);
  });

  test("brings back what was saved, by another process too", () => {
    expect(opened().save(orders)).toBeNull();
    expect(opened().load()).toEqual(orders);
    expect(opened().save([])).toBeNull();
    expect(opened().load()).toEqual([]);
    expect(notices).toEqual([]);
  });

  test("shows what another process has saved, and says nothing while it is gone or cannot be read", () => {
    const ours = opened();
    expect(ours.peek()).toBeNull();
    opened().save(orders);
    expect(ours.peek()).toEqual(orders);
    writeFileSync(path(), "{");
    expect(ours.peek()).toBeNull();
    // It is left where it is: only a start takes it aside.
    expect(readFileSync(path(), "utf8")).toBe("{");
    expect(notices).toEqual([]);
  });

  test("makes its folder, and is for its owner only", () => {
    const dir = join(stateDir, "deep/er");
    expect(opened(dir).save(orders)).toBeNull();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, orderFileName)).mode & 0o777).toBe(0o600);
    expect(opened(dir).load()).toEqual(orders);
  });

  test("is replaced as a whole: what a crash has left of a new one does not count", () => {
    opened().save(orders);
    const before = statSync(path()).ino;
    writeFileSync(path(`${orderFileName}.${process.pid}.new`), '{"version":1,"orders":[{"subj');
    expect(opened().load()).toEqual(orders);
    expect(opened().save(orders.slice(1))).toBeNull();
    expect(statSync(path()).ino).not.toBe(before);
    expect(readdirSync(stateDir)).toEqual([orderFileName]);
  });

  test.each([
    ["garbage", "this is no JSON"],
    ["nothing at all", ""],
    ["half of it, as on a full disk", JSON.stringify({ version: 1, orders }).slice(0, 100)],
    ["another version", JSON.stringify({ version: 2, orders: [] })],
    ["a key that is not known", JSON.stringify({ version: 1, orders: [], more: true })],
    [
      "an order of another kind",
      JSON.stringify({ version: 1, orders: [{ ...orders[0], subject: { kind: "stop" } }] }),
    ],
    [
      "stamps that are no numbers",
      JSON.stringify({ version: 1, orders: [{ ...orders[0], givenWallMs: "now" }] }),
    ],
  ])("that holds %s pauses all groups and is kept aside", (_, text) => {
    writeFileSync(path(), text);
    const [pause, ...others] = opened().load();
    expect(others).toEqual([]);
    expect(pause).toMatchObject({
      subject: { kind: "pause", group: null },
      by: "failoverd",
      givenWallMs: wallNow,
      untilWallMs: wallNow + orderMaxMs,
    });
    expect(pause?.reason).toContain("the orders of people cannot be read");
    expect(readFileSync(path(`${orderFileName}.unreadable`), "utf8")).toBe(text);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^All groups are paused, since .*kept as .*unreadable.*failoverd resume ends it$/s,
    );
    expect(notices[0]?.split("\n")).toHaveLength(1);
  });

  test("that cannot be read pauses at every start until somebody resumes", () => {
    writeFileSync(path(), "garbage");
    const [pause] = opened().load();
    notices = [];
    expect(opened().load()).toEqual([pause]);
    opened().save([]);
    expect(opened().load()).toEqual([]);
    expect(notices).toEqual([]);
  });

  test("is a folder: that pauses all groups, and the folder is kept aside", () => {
    mkdirSync(path());
    writeFileSync(join(path(), "note"), "");
    expect(opened().load()).toMatchObject([{ subject: { kind: "pause", group: null } }]);
    expect(existsSync(join(path(`${orderFileName}.unreadable`), "note"))).toBe(true);
    expect(statSync(path()).isFile()).toBe(true);
  });

  test("that can neither be read nor moved pauses all groups, again at the next start", () => {
    writeFileSync(path(), "garbage");
    mkdirSync(join(path(`${orderFileName}.unreadable`), "in the way"), { recursive: true });
    for (let start = 0; start < 2; start++) {
      expect(opened().load()).toMatchObject([{ subject: { kind: "pause", group: null }, by: "failoverd" }]);
    }
    expect(notices).toHaveLength(2);
    expect(readFileSync(path(), "utf8")).toBe("garbage");
  });

  test("that cannot be read stays where it is while the pause cannot be saved, so that the next start pauses too", () => {
    writeFileSync(path(), "garbage");
    mkdirSync(path(`${orderFileName}.${process.pid}.new`));
    for (let start = 0; start < 2; start++) {
      expect(opened().load()).toMatchObject([{ subject: { kind: "pause", group: null }, by: "failoverd" }]);
    }
    expect(notices).toHaveLength(2);
    expect(readFileSync(path(), "utf8")).toBe("garbage");
  });

  test("tells why it cannot be written, and the old orders are still there", () => {
    opened().save(orders);
    mkdirSync(path(`${orderFileName}.${process.pid}.new`));
    expect(opened().save([])).toMatch(/^Cannot write .*orders\.json: .*EISDIR/);
    expect(opened().load()).toEqual(orders);

    writeFileSync(path("file"), "");
    expect(opened(path("file")).save(orders)).toMatch(/^Cannot write .*file.orders\.json: /);
  });
});
