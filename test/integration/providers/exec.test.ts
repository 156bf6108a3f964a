/** How commands of one's own are run: with what, for how long, and that nothing of them is left. */
import { writeFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { Director, ownCommand } from "../contract/director.ts";
import { never } from "../contract/subject.ts";
import { answer, fifo, flip, isAlive, isDead, open, pipe, script } from "./exec-stage.ts";

describe("what a command gets", () => {
  test("an environment of PATH, LANG and what the config lists, and / as its folder", async () => {
    await using director = await Director.start(["node-a"]);
    const { provider } = open({ read: ownCommand, env: { ...director.env, REGION: "west" } });
    await provider.read(never);
    const [asked] = director.asked;
    // Node's own while coverage is measured.
    const { NODE_V8_COVERAGE: _, ...env } = asked?.env ?? {};
    expect(env).toEqual({
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "C.UTF-8",
      REGION: "west",
      ...director.env,
    });
    expect(asked?.cwd).toBe("/");
  });

  test("a question with the id that the log has, and for a move the step", async () => {
    await using director = await Director.start(["node-a"]);
    const { provider, records } = open({ read: ownCommand, env: director.env });
    await provider.read(never);
    await provider.execute(flip, never);
    const question = {
      version: 1,
      group: "web",
      address: "vip",
      members: [
        { name: "web-a", holder: "node-a" },
        { name: "web-b", holder: "node-b" },
      ],
    };
    expect(director.asked.map((asked) => asked.question)).toEqual([
      { ...question, request: records[0]?.ownId, operation: "read" },
      {
        ...question,
        request: records[1]?.ownId,
        operation: "move",
        step: { kind: "flip", member: "web-b", holder: "node-b" },
      },
    ]);
    expect(records).toMatchObject([
      { operation: "read", code: "0", changes: false, group: "web" },
      { operation: "move", code: "0", changes: true, group: "web" },
    ]);
  });

  test("its arguments as they are written: no shell looks at them", async () => {
    const words = ["$HOME", "a b", "*", "; exit 9", "`id`"];
    const program = script(`cat >&2 <<END\n$(printf '%s|' "$@")\nEND\nprintf '%s' '${answer}'`);
    const { provider, records } = open({ read: [program, ...words] });
    expect(await provider.read(never)).toMatchObject({ kind: "known" });
    expect(records[0]?.said).toBe(`${words.join("|")}|`);
  });

  test("no need to read its question", async () => {
    const { provider } = open({ read: [script(`exec <&-; printf '%s' '${answer}'`)] });
    expect(await provider.read(never)).toMatchObject({ kind: "known", holders: ["web-a"] });
  });
});

describe("what a command says", () => {
  test("standard error is told, and its last line in the reason, without secrets and control characters", async () => {
    const program = script(
      `printf 'first\\nthe key %s is \\033[31mrefused\\n' "$TOKEN" >&2; printf 'not it: %s' "$TOKEN"`,
    );
    const { provider, records } = open({ read: [program], env: { TOKEN: "very-secret-token" } });
    const reading = await provider.read(never);
    expect(reading).toMatchObject({
      kind: "unknown",
      detail: expect.stringMatching(/"not it: \[secret\]"; it said: the key \[secret\] is �\[31mrefused$/),
    });
    expect(records[0]?.said).toBe("first\nthe key [secret] is �[31mrefused");
    expect(JSON.stringify([reading, records])).not.toContain("very-secret");
  });

  test("of a flood of words the last 8 KiB are kept", async () => {
    const program = script(`i=0; while [ $i -lt 2000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 3`);
    const { provider, records } = open({ read: [program] });
    expect(await provider.read(never)).toMatchObject({
      detail: expect.stringContaining("exit status 3; it said: line 1999"),
    });
    const said = records[0]?.said ?? "";
    expect(said.length).toBeLessThanOrEqual(8_192);
    expect(said.length).toBeGreaterThan(8_000);
  });

  test("several holders of an address that is flipped are no answer", async () => {
    const program = script(`echo '{"version":1,"holders":["node-a","node-b"]}'`);
    expect(await open({ read: [program] }).provider.read(never)).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("node-a, node-b"),
    });
    expect(await open({ read: [program], transfer: "attach-detach" }).provider.read(never)).toMatchObject({
      kind: "known",
      holders: ["web-a", "web-b"],
    });
  });

  test("that it is busy, and that strangers hold the address", async () => {
    await using director = await Director.start(["node-a"]);
    director.breaks("read", { kind: "busy", why: "the router restarts" }, 1);
    const { provider } = open({ read: ownCommand, env: director.env });
    expect(await provider.read(never)).toMatchObject({ busy: "the command says: the router restarts" });
    director.holders = ["node-x"];
    expect(await provider.read(never)).toMatchObject({ holders: [], foreign: ["node-x"], busy: null });
  });
});

describe("nothing of a run is left", () => {
  test("its deadline ends it, with all that it has begun", async () => {
    const { path, written } = pipe();
    const program = script(`sleep 1000 & echo "$$ $!" >"$1"; wait`);
    const { provider, account, records } = open({ read: [program, path] });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const reading = provider.read(never);
    const pids = (await written).trim().split(" ").map(Number);
    vi.advanceTimersByTime(20_000);
    expect(await reading).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("no answer (timeout): no end within"),
    });
    expect(records[0]?.code).toBe("timeout");
    await account.close();
    expect(pids).toHaveLength(2);
    expect(await Promise.all(pids.map(isDead))).toEqual([true, true]);
  });

  test("one that does not heed SIGTERM is killed, and until then the group is busy", async () => {
    const { path, written } = pipe();
    const stubborn = script(`trap '' TERM; echo $$ >"$1"; while :; do sleep 1000; done`);
    const reads = script(`printf '%s' '${answer}'`);
    const { provider, account } = open({ read: [reads], move: [stubborn, path] });
    const abort = new AbortController();
    const moved = provider.execute(flip, abort.signal);
    const pid = Number(await written);
    abort.abort();
    expect(await moved).toMatchObject({ kind: "uncertain", detail: expect.stringContaining("aborted") });
    expect(isAlive(pid)).toBe(true);
    expect(await provider.read(never)).toMatchObject({
      busy: expect.stringContaining("its command is still there"),
    });
    await account.close();
    expect(await isDead(pid)).toBe(true);
  });

  test("what it leaves behind is killed when it exits, and its answer does not wait for it", async () => {
    const { path, written } = pipe();
    const program = script(`sleep 1000 & echo $! >"$1"; printf '%s' '${answer}'`);
    const { provider } = open({ read: [program, path] });
    expect(await provider.read(never)).toMatchObject({ kind: "known", holders: ["web-a"] });
    expect(await isDead(Number(await written))).toBe(true);
  });

  test("one that leaves its group and keeps our end of its output open does not hold up the answer", async () => {
    const { path, written } = pipe();
    const program = script(
      `setsid sh -c 'echo $$ >"$0"; exec sleep 1000' "$1" & printf '%s' '${answer}'; cat "$2"`,
    );
    const gate = fifo();
    const { provider } = open({ read: [program, path, gate] });
    const reading = provider.read(never);
    const pid = Number(await written);
    onTestFinished(() => void process.kill(pid, "SIGKILL"));
    // It may exit now that the other has left.
    await writeFile(gate, "");
    expect(await reading).toMatchObject({ kind: "known", holders: ["web-a"] });
    expect(isAlive(pid)).toBe(true);
  });

  test("closing the account ends what runs, and begins nothing more", async () => {
    await using director = await Director.start(["node-a"]);
    director.breaks("*", { kind: "hang" }, Infinity);
    const { provider, account } = open({ read: ownCommand, env: director.env, atOnceMax: 1 });
    const hangs = new Promise<void>((resolve) => director.onHang(resolve));
    const readings = [provider.read(never), provider.read(never)];
    await hangs;
    await account.close();
    for (const reading of await Promise.all(readings)) expect(reading.kind).toBe("unknown");
    expect(await provider.execute(flip, never)).toMatchObject({ kind: "rejected", about: "call" });
    expect(director.asked).toHaveLength(1);
    expect(await isDead(director.asked[0]?.pid ?? 0)).toBe(true);
  });
});

describe("so many at once", () => {
  test("others wait for their turn, and a move goes before readings", async () => {
    await using director = await Director.start(["node-a"]);
    director.breaks("read", { kind: "hang" }, 1);
    const { provider } = open({ read: ownCommand, env: director.env, atOnceMax: 1 });
    const abort = new AbortController();
    const hangs = new Promise<void>((resolve) => director.onHang(resolve));
    const first = provider.read(abort.signal);
    await hangs;
    const reading = provider.read(never);
    const moved = provider.execute(flip, never);
    expect(director.asked).toHaveLength(1);
    abort.abort();
    expect(await first).toMatchObject({ kind: "unknown" });
    expect(await moved).toMatchObject({ kind: "applied" });
    expect(await reading).toMatchObject({ kind: "known", holders: ["web-b"] });
    expect(director.asked.map(({ question }) => question.operation)).toEqual(["read", "move", "read"]);
  });

  test("a turn that does not come in time: the reading is unknown, and nothing was run", async () => {
    await using director = await Director.start(["node-a"]);
    director.breaks("move", { kind: "hang" }, 1);
    const { provider, records } = open({
      read: ownCommand,
      env: director.env,
      atOnceMax: 1,
      readTimeoutMs: 100,
    });
    const hangs = new Promise<void>((resolve) => director.onHang(resolve));
    const abort = new AbortController();
    const moved = provider.execute(flip, abort.signal);
    await hangs;
    expect(await provider.read(never)).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("its turn did not come within 100 ms"),
    });
    expect(records).toMatchObject([{ operation: "read", code: "not-run" }]);
    abort.abort();
    await moved;
  });
});
