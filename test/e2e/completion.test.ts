/** Completion in the real shells: each is asked what would come next, with the script that failoverd prints for it. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Controlled } from "./controlled.ts";
import { cached, lacks, must, output, repository, scratchFolder } from "./packaging-parts.ts";

const folder = scratchFolder();
const config = join(folder, "failoverd.yaml");

beforeAll(async () => {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const command = join(bin, "failoverd");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${join(repository, "src/main.ts")}" "$@"\n`);
  chmodSync(command, 0o755);
  writeFileSync(config, "groups:\n  web: { members: [{ name: web-a }, { name: web-b }] }\n  shop: {}\n");
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(join(folder, shell), await must(command, ["completion", shell]));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @returns what the script printed, run with our command on its PATH. */
async function run(shell: string, script: string): Promise<readonly string[]> {
  const path = `PATH=${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = [
    path,
    `FAILOVERD_CONFIG=${config}`,
    `HOME=${folder}`,
    `NODE_COMPILE_CACHE=${cached("compiled")}`,
  ];
  const { code, stdout, stderr } = await output("env", [...env, shell, "-c", script]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(" ");

const shells: Readonly<Record<string, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `source ${folder}/bash; COMP_WORDS=(failoverd ${quoted(words)}); COMP_CWORD=${words.length}
     _failoverd; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // What zsh's own functions would be given to show.
  zsh: (words) =>
    `compdef() { : }; compset() { : }; _files() { print -- files }; _describe() { print -l -- "\${(@)found%%:*}" }
     source ${folder}/zsh; words=(failoverd ${quoted(words)}); CURRENT=${words.length + 1}; _failoverd`,
  fish: (words) =>
    `source ${folder}/fish; complete -C "failoverd ${words.join(" ")}" | string replace -r '\\t.*' ''; true`,
};

const expected: readonly (readonly [words: readonly string[], candidates: readonly string[]])[] = [
  [["sw"], ["switchover"]],
  [
    ["pause", ""],
    ["web", "shop"],
  ],
  [
    ["drain", "web", ""],
    ["web-a", "web-b"],
  ],
  [
    ["drain", "--for", "2h", "web", "web-"],
    ["web-a", "web-b"],
  ],
  [["force", "web", "web-a", "u"], ["unhealthy"]],
  [
    ["run", "--log-format", ""],
    ["auto", "json", "text"],
  ],
  [["status", "--js"], ["--json"]],
  [["completion", "z"], ["zsh"]],
  [["drain", "no-such-group", ""], []],
  [["pause", "--reason", ""], []],
];

for (const [shell, ask] of Object.entries(shells)) {
  describe.skipIf(lacks(shell))(`completion ${shell}`, () => {
    // What comes next is the same for all; bash shows it, the others that they can ask and read.
    test.each(shell === "bash" ? expected : expected.slice(0, 5))(
      "after %j come %j",
      async (words, candidates) => {
        expect((await run(shell, ask(words))).toSorted()).toEqual(candidates.toSorted());
      },
    );

    test("leaves files to the shell", async () => {
      const found = await run(shell, ask(["check", "--config", `${folder}/fail`]));
      expect(found).toEqual([shell === "zsh" ? "files" : config]);
    });
  });
}

test("completion takes groups and members from the running daemon, and is silent without one", async () => {
  await using stage = await Controlled.start();
  const ask = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await output(join(folder, "bin/failoverd"), [
      "__complete",
      "--",
      ...words,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };
  expect(await ask("drain", "--socket", stage.socket, "web", "web-b")).toBe("web-b\tof web\n");
  expect(await ask("pause", "--socket", stage.socket, "")).toBe("web\tweb-a, web-b\n");
  expect(await ask("pause", "--config", "/nonexistent", "")).toBe("");
  expect(await ask("run", "--log-format=j")).toBe("--log-format=json\t\n");
  expect(await ask("run", "--log-format", "=", "j")).toBe("json\t\n");
  expect(await ask()).toContain("status\t");
  expect(await ask("")).not.toContain("__complete");
}, 60_000);
