/** Which programs are run as commands of one's own, and which are not; and the one that comes with failoverd. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";

import { never } from "../contract/subject.ts";
import { runElsewhere } from "../probes/elsewhere.ts";
import { answer, flip, folder, open, script } from "./exec-stage.ts";

describe("a program that is not fit to be run", () => {
  const text = `printf '%s' '${answer}'`;
  const openFolder = (mode: number): string => {
    const path = join(folder(), "open");
    mkdirSync(path);
    chmodSync(path, mode);
    return script(text, { within: path });
  };

  test.each<[string, () => string, RegExp, RegExp]>([
    ["is not there", () => join(folder(), "nowhere"), /is not there/, /correct its path/],
    ["is a folder", folder, /is no file/, /Name a program/],
    ["is not executable", () => script(text, { mode: 0o644 }), /cannot be run by the user/, /^chmod \+x/],
    [
      "may be written by anybody",
      () => script(text, { mode: 0o757 }),
      /may be written by anybody/,
      /^chmod o-w/,
    ],
    [
      "may be replaced by anybody",
      () => openFolder(0o777),
      /may be replaced by anybody/,
      /^chmod o-w .*open$/,
    ],
  ])("one that %s", async (_, make, said, fix) => {
    const { provider, records } = open({ read: [make()] });
    expect(await provider.read(never)).toMatchObject({
      kind: "unknown",
      detail: expect.stringMatching(said),
    });
    expect(await provider.execute(flip, never)).toMatchObject({
      kind: "rejected",
      about: "call",
      detail: expect.stringMatching(said),
    });
    const findings = (await provider.check(never)).filter(({ severity }) => severity === "error");
    expect(findings).toHaveLength(2);
    for (const finding of findings)
      expect(finding).toMatchObject({ text: expect.stringMatching(said), fix: expect.stringMatching(fix) });
    expect(records.map(({ code }) => code)).toEqual(["not-run", "not-run"]);
  });

  test("one in a folder such as /tmp, where nobody replaces what is not theirs, is run", async () => {
    const { provider } = open({ read: [openFolder(0o1777)] });
    expect(await provider.read(never)).toMatchObject({ kind: "known" });
  });

  test("one whose first line names nothing that is there: nothing was run", async () => {
    const program = join(folder(), "command");
    writeFileSync(program, "#!/nowhere/interpreter\n");
    chmodSync(program, 0o755);
    const { provider } = open({ read: [program] });
    const said: unknown = expect.stringContaining("what its first line names is not");
    expect(await provider.read(never)).toMatchObject({ kind: "unknown", detail: said });
    expect(await provider.execute(flip, never)).toMatchObject({
      kind: "rejected",
      about: "call",
      detail: said,
    });
  });
});

describe("trouble of this machine when a program is started: nothing was run, and its turn goes to the next", () => {
  test("more arguments than the system takes", async () => {
    const read = ["/bin/true", "x".repeat(1_048_576)];
    const { provider } = open({ read, atOnceMax: 1 });
    for (let run = 1; run <= 2; run++) {
      expect(await provider.read(never)).toMatchObject({
        kind: "unknown",
        detail: expect.stringContaining("cannot be run (E2BIG)"),
      });
      expect(await provider.execute(flip, never)).toMatchObject({ kind: "rejected", about: "call" });
    }
  });

  test("no descriptor is left, or too few for the pipes of a run", async () => {
    const commandsUrl = pathToFileURL(resolve("src/providers/exec/commands.ts")).href;
    // The time that a run may take is never over: whoever waits for a turn that was lost waits for ever.
    const body = `
      const { Commands } = await import("${commandsUrl}");
      const account = { read: ["/bin/true"], move: ["/bin/true"], readTimeoutMs: 1e9, moveTimeoutMs: 1e9, atOnceMax: 1, env: {} };
      const commands = new Commands(account, { now: () => 0, onRequest: () => undefined });
      const question = { group: { name: "web", address: "vip", members: [], usesStored: false }, step: null };
      const ask = async () => {
        const { end, gone } = await commands.ask(question, new AbortController().signal);
        await gone;
        return end.kind === "not-run" ? end.why : end.kind;
      };
      const ends = [await ask()];
      const taken = [];
      try { for (;;) taken.push(fs.openSync("/dev/null")) } catch {}
      for (let spare = 0; spare < 6; spare++) {
        ends.push(await ask());
        fs.closeSync(taken.pop());
      }
      for (const descriptor of taken) fs.closeSync(descriptor);
      answer([...ends, await ask()]);`;
    const ends = await runElsewhere(body, ["sh", "-c", 'ulimit -n 60; exec "$0" "$@"']);
    const noneLeft: unknown = expect.stringMatching(/^cannot be run now: .*\(EMFILE\)$/);
    const any: unknown = expect.stringMatching(/^cannot be run now: .*\(EMFILE\)$|^exited$/);
    expect(ends).toEqual(["exited", noneLeft, noneLeft, any, any, any, any, "exited"]);
  });
});

describe("config/exec-file-address.sh", () => {
  const program = fileURLToPath(new URL("../../../config/exec-file-address.sh", import.meta.url));

  test("moves an address there and back, and does nothing twice", async () => {
    const ADDRESS_DIR = folder();
    writeFileSync(join(ADDRESS_DIR, "vip"), "node-a\n");
    const { provider, records } = open({ read: [program], env: { ADDRESS_DIR } });
    expect(await provider.read(never)).toMatchObject({ kind: "known", holders: ["web-a"] });
    for (const member of ["web-b", "web-b", "web-a"]) {
      expect(await provider.execute({ kind: "flip", member }, never)).toMatchObject({ kind: "applied" });
      expect(await provider.read(never)).toMatchObject({ kind: "known", holders: [member], foreign: [] });
    }
    const said = records.flatMap((record) => record.said ?? []);
    expect(said).toEqual([
      `moving vip to node-b (request ${records[1]?.ownId})`,
      `moving vip to node-a (request ${records[5]?.ownId})`,
    ]);
  });

  test("an address that is not there cannot be asked for, and is not moved", async () => {
    const { provider } = open({ read: [program], env: { ADDRESS_DIR: folder() } });
    expect(await provider.read(never)).toMatchObject({ kind: "unknown" });
    expect(await provider.execute(flip, never)).toMatchObject({
      kind: "rejected",
      detail: "flip: there is no address vip",
    });
  });
});
