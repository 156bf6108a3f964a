/** Each verb of the control API, each refusal with its status, and whatever else may be sent to it. */
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operations } from "../../../src/server/api/operations.ts";
import { askDaemon } from "../../../src/server/client.ts";
import { ControlStage } from "./stage.ts";

const minute = 60_000;
const orders = operations.filter(({ scope }) => scope === "operate").map(({ name }) => name);
const given = { by: "ann", reason: "upgrade", for: "1h" };

describe("the control API", () => {
  test("tells the config in use without its credentials", async () => {
    await using stage = await ControlStage.start();
    const answer = await askDaemon(stage.endpoint, { method: "GET", path: "/api/v1/config" });
    const config = {
      listen: { port: 9787 },
      providers: [{ name: "exo", apiKey: "[secret]", apiSecret: "[secret]" }],
      groups: [{ name: "web", policy: { holdDownMs: 5 * minute }, members: [{ name: "a" }, { name: "b" }] }],
    };
    expect(answer).toMatchObject({ status: 200, json: { version: "1.2.3", config } });
    expect(JSON.stringify(answer)).not.toContain("exo-secret");
  });

  test("tells what the daemon sees, in ages and times that are left", async () => {
    await using stage = await ControlStage.start();
    await stage.post("pause", { group: null, ...given });
    await stage.post("drain", { group: "g", member: "b", by: "bob", reason: "disk" });
    await stage.daemon.clock.advance(10 * minute);
    const pause = { by: "ann", reason: "upgrade", ageMs: 10 * minute, leftMs: 50 * minute };
    const drain = { by: "bob", reason: "disk", ageMs: 10 * minute, leftMs: null };
    expect(await stage.status()).toMatchObject({
      version: "1.2.3",
      pid: process.pid,
      upMs: 11 * minute,
      distrust: null,
      behind: null,
      targets: 2,
      paused: pause,
      orders: [
        { kind: "pause", group: null, member: null, health: null, ...pause },
        { kind: "drain", group: "g", member: "b", health: null, ...drain },
      ],
      groups: [
        {
          name: "g",
          state: "steady",
          rule: "steady",
          holders: ["a"],
          foreign: [],
          paused: pause,
          question: null,
          members: [
            { name: "a", health: "healthy", realHealth: "healthy", limitation: null, lastCause: "ok" },
            { name: "b", health: "healthy", drained: drain, limitation: "b is drained (bob: disk)" },
          ],
        },
      ],
    });
  });

  test("shows a health that is forced beside the real one", async () => {
    await using stage = await ControlStage.start();
    const body = { group: "g", member: "b", health: "unhealthy", ...given };
    expect(await stage.post("force", body)).toMatchObject({
      status: 200,
      json: { text: "ann forces b of g to be unhealthy for 1h: upgrade", warning: null },
    });
    const [, b] = (await stage.status()).groups[0]?.members ?? [];
    expect(b).toMatchObject({
      health: "unhealthy",
      realHealth: "healthy",
      forced: { health: "unhealthy", leftMs: 3_600_000 },
    });
    expect(b).toMatchObject({ lastCause: null, lastProbeAgeMs: null });
    const back = await stage.post("unforce", { group: "g", member: "b", by: "ann", reason: "repaired" });
    const text = "ann lets probes decide on b of g again (it was ann: upgrade): repaired";
    expect(back).toMatchObject({ status: 200, json: { text, warning: null } });
    const [a] = (await stage.status()).groups[0]?.members ?? [];
    expect(a?.lastProbeAgeMs).toBeLessThanOrEqual(10_000);
    expect((await stage.status()).orders).toEqual([]);
  });

  test("pauses and resumes, and warns of the pause that is left", async () => {
    await using stage = await ControlStage.start();
    await stage.post("pause", { group: "g", ...given });
    await stage.post("pause", { group: null, ...given, by: "bob" });
    stage.daemon.answer("a", "refused");
    await stage.daemon.clock.advance(5 * minute);
    expect(stage.daemon.rule).toBe("paused");
    expect(await stage.post("resume", { group: "g", by: "ann" })).toMatchObject({
      json: { warning: "g is still paused with all groups (bob: upgrade)" },
    });
    expect(await stage.post("resume", { group: null, by: "ann" })).toMatchObject({ status: 200 });
    await stage.daemon.clock.advance(minute);
    expect(stage.daemon.cloud.holders).toEqual(["b"]);
  });

  test("drains and undrains", async () => {
    await using stage = await ControlStage.start();
    expect(await stage.post("drain", { group: "g", member: "b", ...given })).toMatchObject({ status: 200 });
    stage.daemon.answer("a", "refused");
    await stage.daemon.clock.advance(5 * minute);
    expect(stage.daemon.cloud.calls).toEqual([]);
    await stage.post("undrain", { group: "g", member: "b", by: "ann" });
    await stage.daemon.clock.advance(minute);
    expect(stage.daemon.cloud.holders).toEqual(["b"]);
  });

  test("asks, and moves what is approved; an answer to another question is refused", async () => {
    await using stage = await ControlStage.start({ policy: { mode: "approve" } });
    stage.daemon.answer("a", "refused");
    await stage.daemon.clock.advance(minute);
    const question = (await stage.status()).groups[0]?.question;
    expect(question).toMatchObject({ rule: "failover", holders: ["b"] });
    const other = await stage.post("approve", { group: "g", id: "x-1", by: "ann" });
    expect(other).toMatchObject({ status: 409, json: { rule: "nothing" } });
    const answer = await stage.post("approve", { group: "g", id: question?.id, by: "ann" });
    expect(answer.status).toBe(200);
    await stage.daemon.clock.advance(minute);
    expect(stage.daemon.cloud.holders).toEqual(["b"]);
  });

  test("leaves what is rejected, and takes note when a person does", async () => {
    await using stage = await ControlStage.start({ policy: { mode: "approve" } });
    stage.daemon.answer("a", "refused");
    await stage.daemon.clock.advance(minute);
    expect(await stage.post("reject", { group: "g", by: "ann" })).toMatchObject({ status: 200 });
    await stage.daemon.clock.advance(minute);
    expect(stage.daemon.rule).toBe("rejected");
    expect(await stage.post("acknowledge", { group: "g", by: "ann" })).toMatchObject({ status: 200 });
    await stage.daemon.clock.advance(minute);
    expect(stage.daemon.rule).toBe("approval");
  });

  test("says that an order would not survive a restart", async () => {
    await using stage = await ControlStage.start();
    stage.daemon.orderStore.trouble = "Cannot write /x: no space";
    const { status, json } = await stage.post("pause", { group: "g", ...given });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      warning:
        "It holds now, but not after a restart, since it could not be saved: Cannot write /x: no space",
    });
  });
});

describe("a refusal of the control API", () => {
  let stage: ControlStage;
  beforeAll(async () => {
    stage = await ControlStage.start();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test.each([
    ["pause", { group: "x", ...given }, 404, "unknown", "There is no group x; there are g"],
    ["resume", { group: "x", by: "ann" }, 404, "unknown", "There is no group x; there are g"],
    [
      "drain",
      { group: "g", member: "x", ...given },
      404,
      "unknown",
      "no member x in group g; there are a, b",
    ],
    ["force", { group: "x", member: "a", health: "healthy", ...given }, 404, "unknown", "no group x"],
    ["approve", { group: "x", by: "ann" }, 404, "unknown", "no group x"],
    ["reject", { group: "x", by: "ann" }, 404, "unknown", "no group x"],
    ["acknowledge", { group: "x", by: "ann" }, 404, "unknown", "no group x"],
    ["resume", { group: "g", by: "ann" }, 409, "nothing", "g is not paused"],
    ["resume", { group: null, by: "ann" }, 409, "nothing", "the daemon is not paused"],
    ["undrain", { group: "g", member: "a", by: "ann" }, 409, "nothing", "a of g is not drained"],
    ["unforce", { group: "g", member: "a", by: "ann" }, 409, "nothing", "a of g is not forced"],
    ["approve", { group: "g", by: "ann" }, 409, "nothing", "No move of g waits for approval"],
    ["reject", { group: "g", id: "x", by: "ann" }, 409, "nothing", "No move of g waits for approval"],
    ["switchover", { group: "g", by: "ann" }, 400, "malformed", "Missing field reason"],
    [
      "switchover",
      { group: "g", member: "a", by: "ann", reason: "r" },
      409,
      "nothing",
      "a holds the address already",
    ],
    ["switchover", { group: "g", member: "x", by: "ann", reason: "r" }, 404, "unknown", "no member x"],
    [
      "switchover",
      { group: "g", by: "ann", reason: "r", force: true },
      422,
      "unfit",
      "A forced switchover needs its member",
    ],
    [
      "switchover",
      { group: "g", by: "ann", reason: "r", force: "yes" },
      400,
      "malformed",
      "force must be true to move it to a member that is not proven healthy, else false: got",
    ],
    ["failback", { group: "g", by: "ann", reason: "r" }, 409, "nothing", "a holds the address already"],
    ["failback", { group: "x", by: "ann", reason: "r" }, 404, "unknown", "no group x"],
    ["failback", { group: "g", by: "ann" }, 400, "malformed", "Missing field reason"],
    ["reconcile", { group: "x", by: "ann" }, 404, "unknown", "no group x"],
    ["reconcile", { by: "ann" }, 400, "malformed", "Missing field group"],
    ["probe-now", { group: "g", member: "x", by: "ann" }, 404, "unknown", "no member x"],
    ["reload", {}, 400, "malformed", "Missing field by: it must be one line"],
    ["acknowledge", { group: "g", by: "ann" }, 409, "nothing", "nothing to acknowledge in g"],
    ["pause", { group: "g", ...given, reason: " " }, 422, "unfit", "An order needs a reason"],
    ["pause", { group: "g", by: "ann", reason: "x" }, 422, "unfit", "must end by itself"],
    ["pause", { group: "g", ...given, for: null }, 422, "unfit", "must end by itself"],
    ["pause", { group: "g", ...given, for: "721h" }, 422, "unfit", "at most 720h: got 721h"],
    ["pause", { group: "g", ...given, for: "0s" }, 422, "unfit", "for some time: got 0s"],
    [
      "pause",
      given,
      400,
      "malformed",
      "Missing field group: it must be the name of a group, or null for all",
    ],
    [
      "drain",
      { group: null, member: "a", ...given },
      400,
      "malformed",
      "group must be the name of a group: got null",
    ],
    [
      "pause",
      { group: "g", ...given, for: 7200 },
      400,
      "malformed",
      "for must be a duration such as 30m or 2h: got 7200",
    ],
    ["pause", { group: "g", ...given, for: "2 hours" }, 400, "malformed", 'got "2 hours"'],
    [
      "pause",
      { group: "g", ...given, until: "x" },
      400,
      "malformed",
      'Unknown field "until": known here are group, reason, for, by',
    ],
    [
      "pause",
      { group: "g", ...given, by: "" },
      400,
      "malformed",
      "by must be one line of at most 100 characters",
    ],
    ["pause", { group: "g", ...given, by: "a\nb" }, 400, "malformed", "by must be one line"],
    ["pause", { group: "g", ...given, reason: "a\u001b[31m" }, 400, "malformed", "reason must be one line"],
    ["pause", { group: "g", ...given, reason: "x".repeat(501) }, 400, "malformed", "at most 500 characters"],
    [
      "force",
      { group: "g", member: "a", health: "dead", ...given },
      400,
      "malformed",
      "health must be healthy or unhealthy",
    ],
    [
      "force",
      { group: "g", member: ["a"], health: "healthy", ...given },
      400,
      "malformed",
      "member must be the name of a member: got a list",
    ],
    [
      "approve",
      { group: "g", id: 7, by: "ann" },
      400,
      "malformed",
      "id must be the id of the move that waits: got 7",
    ],
    ["resume", [], 400, "malformed", "The body must be a JSON object with group, reason, by"],
    ["resume", "g", 400, "malformed", "The body must be a JSON object with group, reason, by"],
    ["resume", undefined, 400, "malformed", "The body must be a JSON object with group, reason, by"],
    ["nonsense", {}, 404, "unknown", "There is no POST /api/v1/nonsense"],
    ["status", {}, 404, "unknown", "There is no POST /api/v1/status"],
    ["pause", { group: "g", ...given, reason: "x".repeat(70_000) }, 413, "malformed", "too large"],
  ] as const)("%s %j: %i %s", async (verb, body, status, rule, words) => {
    const answer = await stage.post(verb, body);
    expect(answer).toMatchObject({ status, json: { rule } });
    const { error } = answer.json as { error: string };
    expect(error).toContain(words);
  });

  test("answers any body with a status of 400 to 499 and the reason, and never gives the order", async () => {
    const names = fc.constantFrom("group", "member", "by", "reason", "for", "health", "id", "__proto__", "x");
    const word = fc.constantFrom("g", "a", "ann", "healthy", "1h", "x-1");
    const almost = fc.dictionary(names, fc.oneof(word, fc.jsonValue()));
    const right = { group: "nowhere", member: "a", health: "healthy", ...given };
    const spoilt = almost.map((fields) => ({ ...right, ...fields }));
    const body = fc.oneof(fc.jsonValue(), almost, spoilt).filter((value) => !isForSomebody(value));
    // A reload concerns no group, so a body may be right for it.
    stage.configTrouble = "the file has a problem";
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...orders), body, async (verb, value) => {
        const { status, json } = await stage.post(verb, value);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect(Object.keys(json as object)).toEqual(["error", "rule"]);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["what is no JSON", '{"group":'],
    ["nesting without end", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
    ["a field of objects without end", `{"by":${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}}`],
    ["bytes that are no text", "\u0000\uffff"],
  ])("answers %s with 400", async (_, body) => {
    const head = `POST /api/v1/pause HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    expect(await rawAnswer(stage, head + body)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("takes a body whatever its sender calls it", async () => {
    const body = '{"group":"x","by":"ann"}';
    const head = `POST /api/v1/resume HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n`;
    expect(await rawAnswer(stage, head + body)).toContain("There is no group x");
  });

  test("ends a request that does not arrive", async () => {
    expect(await rawAnswer(stage, "POST /api/v1/pause HTTP/1.1\r\n")).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("does not wait for those who connect and say nothing", async () => {
    const idle = Array.from({ length: 31 }, () => connect(stage.path));
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.on("connect", resolve))));
    expect((await stage.status()).version).toBe("1.2.3");
    for (const socket of idle) socket.destroy();
  });

  test("leaves nothing behind: no order was given and no bug was met", async () => {
    expect((await stage.status()).orders).toEqual([]);
    expect(stage.bugs).toEqual([]);
  });
});

/** A body that names a group that there is, or all of them: it may be quite right. */
function isForSomebody(value: unknown): boolean {
  const group = typeof value === "object" && value !== null && "group" in value ? value.group : undefined;
  return group === null || group === "g";
}

/** @returns all that is answered to these bytes until the connection ends. */
function rawAnswer(stage: ControlStage, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(stage.path, () => socket.write(bytes));
    socket.setEncoding("utf8").on("data", (text: string) => (said += text));
    socket.on("error", reject);
    socket.on("close", () => resolve(said));
  });
}
