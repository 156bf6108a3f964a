/** What docs/providers.md shows works as it says. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { parseConfig } from "../../../src/config/load.ts";
import { bindGroups } from "../../../src/daemon/bind.ts";
import { systemClock } from "../../../src/daemon/clock.ts";
import { parseMoveAnswer, parseReadAnswer } from "../../../src/providers/exec/protocol.ts";

const page = readFileSync(new URL("../../../docs/providers.md", import.meta.url), "utf8");

/** @returns the blocks of code that are called so. */
function blocks(name: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${name}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);
}

test("the answers are such", () => {
  expect(blocks("json answer of read").map(parseReadAnswer)).toEqual([
    { ok: { holders: ["node-a"], busy: null } },
    { ok: { holders: ["node-a", "node-x"], busy: "node-x is just let go" } },
  ]);
  expect(blocks("json answer of move").map(parseMoveAnswer)).toMatchObject([
    { ok: { effect: "applied" } },
    { ok: { effect: "rejected" } },
    { ok: { effect: "uncertain" } },
  ]);
});

test("the config and the command move an address there and back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "failoverd-vip-"));
  const [program, holder] = [join(folder, "vip"), join(folder, "holder")];
  const [yaml = ""] = blocks("yaml");
  writeFileSync(program, blocks("js vip").join(""));
  chmodSync(program, 0o755);
  writeFileSync(holder, "node-a");
  const text = yaml.replaceAll("/usr/local/bin/vip", program).replaceAll("/var/lib/vip/holder", holder);
  const loaded = parseConfig(text, "providers.md", {}, () => "");
  if (!("ok" in loaded)) throw new Error(JSON.stringify(loaded.problems));
  const bound = bindGroups(loaded.ok, { clock: systemClock, random: () => 0, onRequest: () => undefined });
  const { signal } = new AbortController();
  try {
    const { provider } = bound.groups[0]!;
    expect((await provider.check(signal)).map(({ severity }) => severity)).not.toContain("error");
    expect(await provider.read(signal)).toMatchObject({ kind: "known", holders: ["web-a"], busy: null });
    for (const member of ["web-b", "web-a"]) {
      expect(await provider.execute({ kind: "flip", member }, signal)).toMatchObject({ kind: "applied" });
      expect(await provider.read(signal)).toMatchObject({ holders: [member] });
    }
  } finally {
    await bound.close();
    rmSync(folder, { recursive: true });
  }
});
