/** `failoverd check --diff`: what would change if the daemon that runs took this config over. */
import type { Config } from "../config/config.ts";
import { diffConfigs, type Change } from "../config/diff.ts";
import { publicConfig } from "../config/public.ts";
import { sameVersionConfig, type ConfigAnswer } from "../server/api/config-shape.ts";
import { version } from "../version.ts";
import { ask } from "./ask.ts";
import { endpointOf, type EndpointOptions } from "./endpoint-option.ts";
import { printLine, styled, type Output } from "./output.ts";
import { wrapped } from "./table.ts";
import { strange } from "./unreachable.ts";

/** @throws CliError as `ask` does, and with exit code 4 when the daemon is of another version. */
export async function diffWithDaemon(
  config: Config,
  options: EndpointOptions,
  output: Output,
): Promise<readonly Change[]> {
  const endpoint = endpointOf(options);
  const answer = sameVersionConfig.safeParse(
    await ask({ method: "GET", path: "/api/v1/config" }, { endpoint, json: false, output }),
  );
  if (!answer.success || answer.data.version !== version) throw strange(endpoint);
  return diffConfigs(answer.data.config, asAnswered(config));
}

/** The same way that the daemon's own has gone, so that both look alike where nothing differs. */
function asAnswered(config: Config): Config {
  const answer: ConfigAnswer = { version, config: publicConfig(config) };
  return sameVersionConfig.parse(JSON.parse(JSON.stringify(answer))).config;
}

export function printDiff(changes: readonly Change[], output: Output): void {
  printLine(output.stdout, `A reload would change ${changes.length === 0 ? "nothing" : "this:"}`);
  for (const { place, before, after, effect } of changes) {
    printLine(output.stdout, `  ${styled(output, "bold", place)}`);
    for (const line of wrapped(`${before ?? "nothing"} → ${after ?? "nothing"}`, 74))
      printLine(output.stdout, `      ${line}`);
    for (const line of wrapped(effect, 74)) printLine(output.stdout, `      ${styled(output, "dim", line)}`);
  }
  printLine(output.stdout, "Credentials and values of request headers are not compared");
}
