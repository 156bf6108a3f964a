/** `--config`, and what every command does with it. */
import { formatProblem, type Problem } from "../config/problem.ts";
import { loadConfigFile, type LoadedFile } from "../config/load.ts";
import type { Config } from "../config/config.ts";
import { defaultConfigPath } from "./default-paths.ts";
import { usage } from "./exit-codes.ts";

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly Problem[];
  readonly path: string;
  readonly files: LoadedFile["files"];
}

/** @returns `--config`, else `$FAILOVERD_CONFIG`, else the default. */
export function configPath(option: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  return option ?? env["FAILOVERD_CONFIG"] ?? defaultConfigPath;
}

/**
 * @param onProblems told of all that is wrong, before it is thrown.
 * @throws CliError with every problem, one a line, and exit code 2.
 */
export function loadConfig(option: string | undefined, onProblems?: OnProblems): LoadedConfig {
  return loadConfigAt(configPath(option), process.env, onProblems);
}

type OnProblems = (path: string, problems: readonly Problem[]) => void;

/** The same, of the file at `path`. */
export function loadConfigAt(
  path: string,
  env: NodeJS.ProcessEnv,
  onProblems: OnProblems = () => undefined,
): LoadedConfig {
  const { result, files } = loadConfigFile(path, env);
  if ("ok" in result) return { config: result.ok, warnings: result.warnings, path, files };
  onProblems(path, result.problems);
  const lines = result.problems.map((problem) => formatProblem(problem, path));
  throw usage(lines.join("\n"));
}
