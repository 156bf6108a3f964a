/**
 * Where a command finds the daemon: `--socket`, else what the config says. Of the config two keys count here, so whoever may
 * not read the secrets that it refers to can still ask.
 */
import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { readSocketKeys } from "../config/socket-keys.ts";
import { controlSocketPath, isTooLong, socketPathBytesMax, stateDirectory } from "../config/socket-path.ts";
import { configPath } from "./config-option.ts";
import { defaultConfigPath } from "./default-paths.ts";
import { usage } from "./exit-codes.ts";

export interface SocketOptions {
  readonly socket?: string;
  readonly config?: string;
}

/** Where the systemd unit puts it; a shell does not have the unit's variables. */
const unitSocket = "/run/failoverd/control.sock";

/** @throws CliError with exit code 2 when nothing says where it is. */
export function socketPath(options: SocketOptions, env: NodeJS.ProcessEnv = process.env): string {
  const path = options.socket === undefined ? fromConfig(options.config, env) : resolve(options.socket);
  if (!isTooLong(path)) return path;
  throw usage(
    `Cannot use the control socket ${path}: a path of a socket has at most ${socketPathBytesMax} bytes`,
  );
}

function fromConfig(option: string | undefined, env: NodeJS.ProcessEnv): string {
  const path = configPath(option, env);
  const keys = readSocketKeys(path, env);
  if ("trouble" in keys) {
    throw usage(
      `Cannot find the daemon: ${keys.trouble} (${path}); --socket PATH says where its control socket is`,
    );
  }
  const { controlSocket, stateDir } = keys;
  if (controlSocket === undefined && isUnits(path) && existsSync(unitSocket)) return unitSocket;
  return controlSocketPath(controlSocket, env, stateDirectory(stateDir, env));
}

/** The unit's socket belongs to the unit's config: with another one it would be another daemon that gets the order. */
function isUnits(path: string): boolean {
  try {
    return realpathSync(path) === realpathSync(defaultConfigPath);
  } catch {
    return false;
  }
}
