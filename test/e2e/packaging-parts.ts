/** What tests of whole systems stand on: bounded children, the parts that must be on the machine, and a small Debian tree. */
import { execFile, spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** What is costly to make and the same for every run is kept here, so that a second run is quick. */
const cacheFolder = join(tmpdir(), `failoverd-e2e-cache-${process.getuid?.() ?? 0}`);

export interface Output {
  /** -1: could not be started, or was ended by a signal or by its time limit. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, `limitMs` at most. Never rejects: how it ended is in the result. */
export function output(command: string, args: readonly string[], limitMs = 30_000): Promise<Output> {
  return new Promise((resolve) => {
    const options = {
      cwd: repository,
      timeout: limitMs,
      killSignal: "SIGKILL",
      maxBuffer: 64 << 20,
    } as const;
    execFile(command, args, options, (error, stdout, stderr) => {
      const failed = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code: failed, stdout, stderr });
    });
  });
}

/** @returns what the command printed on stdout. @throws when it fails or takes longer than `limitMs`. */
export async function must(command: string, args: readonly string[], limitMs = 30_000): Promise<string> {
  const { code, stdout, stderr } = await output(command, args, limitMs);
  if (code === 0) return stdout.trim();
  const said = `${stdout}\n${stderr}`.trim().slice(-4_000);
  throw new Error(
    `Cannot run ${command} ${args.join(" ")}: ended with ${code} (limit ${limitMs} ms)\n${said}`,
  );
}

/** What a test may need besides commands. A container's root, for one, is often not allowed all of it. */
const permissions: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  "permission to mount": () => works("unshare", "--mount", "true"),
  "permission for network namespaces": () => works("unshare", "--net", "true"),
};

/**
 * @param needed commands that must be on the PATH, and keys of `permissions`.
 * @returns true when tests that need them must be skipped here; the reason is printed.
 * @throws in CI, where nothing may be missing.
 */
export function lacks(...needed: readonly string[]): boolean {
  const missing = needed.filter((each) => !(permissions[each]?.() ?? isOnPath(each)));
  if (process.platform !== "linux") missing.push("Linux");
  if (missing.length === 0) return false;
  const reason = `needs ${missing.join(", ")}; .ci/run installs what the tests need`;
  const required = process.env["CI"] === "true" || process.env["FAILOVERD_REQUIRE"] === "1";
  if (required) throw new Error(`Cannot run the tests: ${reason}`);
  process.stderr.write(`tests are skipped: ${reason}\n`);
  return true;
}

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { timeout: 5_000 }).status === 0;
}

function isOnPath(tool: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @returns a new folder of this test's own. */
export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), "failoverd-packaging-"));
}

/** @returns a folder that outlives the run. */
export function cached(name: string): string {
  const folder = join(cacheFolder, name);
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
  return folder;
}

const treePackages = ["systemd", "systemd-sysv", "dbus", "curl", "libatomic1", "libstdc++6"];

/** The time that making the tree may take on a slow mirror, in milliseconds. */
export const treeLimitMs = 300_000;

/** @returns a minimal Debian tree with systemd and what Node needs. Made once; copy it before you write to it. */
export async function debianTree(): Promise<string> {
  const tree = cached("debian-bookworm");
  const part = `${tree}.part`;
  const make = `mmdebstrap --quiet --variant=minbase --include=${treePackages.join(",")} bookworm "${part}"`;
  // Under a lock, because test files run side by side; moved into place, so that half a tree is never used.
  const once = `test -d "${tree}" || { rm -rf "${part}" && ${make} && mv "${part}" "${tree}"; }`;
  await must("flock", [`${tree}.lock`, "sh", "-c", once], treeLimitMs);
  return tree;
}
