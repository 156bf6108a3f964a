/** Accounts of commands of one's own that are scripts of the test. Whatever is made here is gone when the test is over. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";

import type { Step } from "../../../src/core/address.ts";
import type { Account } from "../../../src/providers/account.ts";
import { openExec } from "../../../src/providers/exec/account.ts";
import type { Provider, RequestRecord } from "../../../src/providers/provider.ts";
import { FastServices } from "../contract/fast-services.ts";

export const answer: string = '{"version":1,"holders":["node-a"]}';
export const flip: Step = { kind: "flip", member: "web-b" };

export interface Options {
  readonly read?: readonly string[];
  readonly move?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly transfer?: "flip" | "attach-detach";
  readonly readTimeoutMs?: number;
  readonly atOnceMax?: number;
}

export interface Stage {
  readonly account: Account;
  readonly provider: Provider;
  readonly records: readonly RequestRecord[];
}

export function open({ read = ["/bin/false"], move = read, env = {}, ...rest }: Options): Stage {
  const services = new FastServices();
  const account = openExec(
    {
      read,
      move,
      transfer: rest.transfer ?? "flip",
      dnsTtlMs: null,
      readTimeoutMs: rest.readTimeoutMs ?? 20_000,
      moveTimeoutMs: 20_000,
      settleMs: 0,
      atOnceMax: rest.atOnceMax ?? 4,
      env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, { reveal: () => value }])),
    },
    services,
  );
  onTestFinished(() => account.close());
  const members = [
    { name: "web-a", holder: "node-a" },
    { name: "web-b", holder: "node-b" },
  ];
  const provider = account.bind({ name: "web", address: "vip", members, usesStored: false });
  return { account, provider, records: services.records };
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "failoverd-exec-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function script(
  text: string,
  { mode = 0o755, within = folder() }: { readonly mode?: number; readonly within?: string } = {},
): string {
  const path = join(within, "command");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

/** Resolves once the process, which is no child of ours, is dead; closing what it had open comes a moment before. */
export async function isDead(pid: number): Promise<true> {
  while (isAlive(pid)) await setImmediate();
  return true;
}

/** @returns the path of a pipe with a name. */
export function fifo(): string {
  const path = join(folder(), "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

/** @returns the path of a pipe, and what is written to it until its writer closes it. */
export function pipe(): { readonly path: string; readonly written: Promise<string> } {
  const path = fifo();
  return { path, written: readFile(path, "utf8") };
}

/** A process that is dead and that nobody has asked for yet is dead all the same. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
