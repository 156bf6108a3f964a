import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSocketKeys, type SocketKeys } from "../../../src/config/socket-keys.ts";

const folder = mkdtempSync(join(tmpdir(), "failoverd-keys-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function keysOf(text: string, env: Readonly<Record<string, string>> = {}): SocketKeys {
  const path = join(folder, "failoverd.yaml");
  writeFileSync(path, text);
  return readSocketKeys(path, env);
}

describe("readSocketKeys()", () => {
  test("reads the two keys, whatever else is wrong with the file and whoever may not read its secrets", () => {
    const text = `state-dir: /srv\nnonsense: [1]\nproviders: { exo: { api-secret: "\${file:/nonexistent}" } }\n`;
    expect(keysOf(text)).toEqual({ stateDir: "/srv", controlSocket: undefined });
    expect(keysOf(`${text}control-socket: /run/c.sock\n`)).toEqual({
      stateDir: "/srv",
      controlSocket: "/run/c.sock",
    });
    expect(keysOf("groups: {}")).toEqual({ stateDir: undefined, controlSocket: undefined });
  });

  test("follows references in these two keys", () => {
    expect(keysOf('state-dir: "${env:DIR}"', { DIR: "/srv" })).toMatchObject({ stateDir: "/srv" });
    expect(keysOf('state-dir: "${env:DIR}"')).toEqual({
      trouble: "state-dir: the environment variable DIR is not set",
    });
  });

  test.each([
    ["state-dir: srv", "state-dir must be an absolute path"],
    ["state-dir: [1]", "state-dir must be an absolute path"],
    [
      "control-socket: c.sock",
      "control-socket must be the absolute path of a socket, at most 107 bytes long",
    ],
    ["state-dir: {{{", "the config is broken, see failoverd check"],
    ["", "the config is broken, see failoverd check"],
  ])("says what is wrong with %j", (text, trouble) => {
    expect(keysOf(text)).toEqual({ trouble });
  });

  test("says when there is no such file", () => {
    expect(readSocketKeys(join(folder, "nowhere.yaml"), {})).toEqual({
      trouble: "the config cannot be read: there is no such file",
    });
  });
});
