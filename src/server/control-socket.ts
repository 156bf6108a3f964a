/**
 * The Unix socket of the control API. Whatever is wrong with it is told and lived with: a daemon that nobody can talk to is
 * better than none.
 */
import { lstatSync, unlinkSync, type Stats } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { FastifyInstance } from "fastify";
import { errorText } from "../core/error-text.ts";
import { isTooLong, socketPathBytesMax } from "../config/socket-path.ts";
import { makeDirectory } from "../daemon/state-dir.ts";
import { streamsMax } from "./api/open-streams.ts";
import { askDaemon } from "./client.ts";

export type ControlSocket =
  | { readonly kind: "open"; readonly path: string; close(): Promise<void> }
  /** In words, with what to do about it. */
  | { readonly kind: "none"; readonly trouble: string };

/** More people than this do not type at once, and each connection ends with its request; those who watch take none of them away. */
const connectionsMax: number = 32 + streamsMax;
/** How long whoever has the socket is given to answer. Milliseconds. */
const holderTimeoutMs = 1_000;
const fix = "commands cannot reach this daemon until that is mended and it is started again";

/** Never rejects. */
export async function openControlSocket(path: string, api: FastifyInstance): Promise<ControlSocket> {
  const trouble = await troubleWith(path);
  if (trouble !== null) {
    await api.close();
    return { kind: "none", trouble: `Cannot serve the control socket ${path}: ${trouble}; ${fix}` };
  }
  try {
    await api.ready();
    await listen(api, path);
    return { kind: "open", path, close: () => api.close() };
  } catch (error) {
    await api.close();
    return {
      kind: "none",
      trouble: `Cannot serve the control socket ${path}: ${reasonOf(error, path)}; ${fix}`,
    };
  }
}

/** @returns why the path cannot be had, or null when it is free; what a dead daemon has left there is gone then. */
async function troubleWith(path: string): Promise<string | null> {
  if (isTooLong(path)) {
    const bytes = Buffer.byteLength(path);
    return `its path has ${bytes} bytes and may have ${socketPathBytesMax}: name a shorter one with control-socket in the config`;
  }
  try {
    const there = lstatOf(path);
    if (there === null) {
      makeDirectory(dirname(path));
      return null;
    }
    if (!there.isSocket())
      return "there is something else with that name: remove it, or name another path with control-socket in the config";
    if (await isAlive(path)) return await holderOf(path);
    unlinkSync(path);
    return null;
  } catch (error) {
    return reasonOf(error, path);
  }
}

function lstatOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

/** @returns false when nobody listens any more. Whatever else happens, somebody may. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(holderTimeoutMs, () => done(true));
    socket.on("connect", () => done(true));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      done(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}

async function holderOf(path: string): Promise<string> {
  const answer = await askDaemon(
    { kind: "socket", path },
    { method: "GET", path: "/api/v1/status" },
    holderTimeoutMs,
  );
  const status: unknown = answer.kind === "answer" ? answer.json : null;
  const isOurs = typeof status === "object" && status !== null && "pid" in status && "version" in status;
  const who = isOurs
    ? `failoverd ${String(status.version)} with process id ${String(status.pid)}`
    : "another program";
  return `${who} answers there: stop it, or name another path with control-socket in the config`;
}

/** The mode is right from the first moment: between a bind and a chmod anybody might connect. */
function listen(api: FastifyInstance, path: string): Promise<void> {
  const { server } = api;
  server.maxConnections = connectionsMax;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const before = process.umask(0o177);
    try {
      server.listen({ path }, () => {
        server.off("error", reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

function reasonOf(error: unknown, path: string): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  const folder = dirname(path);
  switch (code) {
    case "EACCES":
    case "EPERM":
      return `permission denied: let its user write to ${folder}, or name another path with control-socket in the config`;
    case "EROFS":
      return `${folder} is read-only: name another path with control-socket in the config`;
    case "EADDRINUSE":
      return "another program has just taken it: stop one of the two";
    default:
      return errorText(error);
  }
}
