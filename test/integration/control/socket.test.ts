/** The file of the control socket: who may use it, and what happens when its place is taken. */
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ControlSocket } from "../../../src/server/control-socket.ts";
import { ControlStage } from "./stage.ts";

describe("the control socket", () => {
  let folder: string;
  let stage: ControlStage;
  const open: ControlSocket[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "failoverd-socket-"));
    stage = await ControlStage.start();
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) if (socket.kind === "open") await socket.close();
    await stage[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  async function opened(path: string): Promise<ControlSocket> {
    const socket = await stage.open(path);
    open.push(socket);
    return socket;
  }

  test("may be used by its owner only, in folders of its owner, and is removed at the end", async () => {
    const umask = process.umask();
    const path = join(folder, "deep/er/control.sock");
    const socket = await opened(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "deep")).mode & 0o777).toBe(0o700);
    expect(process.umask()).toBe(umask);
    if (socket.kind === "open") await socket.close();
    open.length = 0;
    expect(existsSync(path)).toBe(false);
  });

  test("takes the place of one that a dead daemon has left", async () => {
    const path = join(folder, "control.sock");
    await leaveStale(path);
    expect(await opened(path)).toMatchObject({ kind: "open" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("is left to the daemon that has it, which is named", async () => {
    expect(await opened(stage.path)).toMatchObject({
      kind: "none",
      trouble: expect.stringContaining(`failoverd 1.2.3 with process id ${process.pid} answers there`),
    });
    expect((await stage.status()).version).toBe("1.2.3");
  });

  test("is left to another program, also to one that never answers", async () => {
    const path = join(folder, "control.sock");
    const other = await listening(path);
    expect(await opened(path)).toMatchObject({
      kind: "none",
      trouble: expect.stringMatching(/another program answers there: stop it, or .*control-socket/),
    });
    expect(existsSync(path)).toBe(true);
    await closed(other);
  });

  test("never removes what is no socket", async () => {
    const path = join(folder, "control.sock");
    writeFileSync(path, "somebody's notes");
    expect(await opened(path)).toMatchObject({
      kind: "none",
      trouble: expect.stringContaining("there is something else with that name: remove it"),
    });
    expect(statSync(path).isFile()).toBe(true);
  });

  test("says that its path is too long for a socket, and by how much", async () => {
    const path = join(folder, "x".repeat(108 - Buffer.byteLength(folder) - 1));
    expect(Buffer.byteLength(path)).toBe(108);
    expect(await opened(path)).toMatchObject({
      kind: "none",
      trouble: expect.stringContaining("its path has 108 bytes and may have 107: name a shorter one"),
    });
  });

  test("is had on the longest path that there may be", async () => {
    const path = join(folder, "x".repeat(107 - Buffer.byteLength(folder) - 1));
    expect(await opened(path)).toMatchObject({ kind: "open" });
  });

  test("says why when its folder cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    const socket = await opened(join(folder, "file/control.sock"));
    expect(socket).toMatchObject({
      kind: "none",
      trouble: expect.stringMatching(/^Cannot serve the control socket .*commands cannot reach this daemon/),
    });
  });
});

function listening(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.resume());
    server.on("error", reject);
    server.listen(path, () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** A socket whose process is gone: moved away before its server ends, so that it is not removed. */
async function leaveStale(path: string): Promise<void> {
  const server = await listening(`${path}.before`);
  renameSync(`${path}.before`, path);
  await closed(server);
}
