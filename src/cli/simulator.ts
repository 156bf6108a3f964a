/** `failoverd simulator`: the simulated clouds alone, for any client. */
import { startSimulator } from "../simulator/simulator.ts";
import { loadWorld, WorldFileError } from "../simulator/world-file.ts";
import { usage } from "./exit-codes.ts";
import { endpointText, type Endpoint } from "../simulator/spec.ts";
import { printLine, type Output } from "./output.ts";

export interface SimulatorOptions {
  readonly world: string;
  readonly listen?: string;
}

export async function simulate(options: SimulatorOptions, output: Output): Promise<void> {
  const listen = options.listen === undefined ? {} : { listen: endpointOf(options.listen) };
  const log = (text: string): void => printLine(output.stderr, `${new Date().toISOString()} ${text}`);
  const simulator = await startSimulator(readWorld(options.world), { ...listen, log });
  const lines = [
    `Exoscale   ${simulator.exoscaleEndpoint}`,
    `Cloud 66   ${simulator.cloud66Endpoint}`,
    `control    ${simulator.url}/world`,
    ...[...simulator.forwards].map(
      ([address, endpoint]) => `address    ${endpointText(endpoint)} stands for ${address}`,
    ),
    ...[...simulator.backends].map(
      ([name, { scheme, endpoint }]) => `backend    ${scheme}://${endpointText(endpoint)} is ${name}`,
    ),
  ];
  for (const line of lines) printLine(output.stdout, line);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  });
  await simulator.close();
}

function readWorld(path: string): ReturnType<typeof loadWorld> {
  try {
    return loadWorld(path);
  } catch (error) {
    if (error instanceof WorldFileError) throw usage(error.message, { cause: error });
    throw error;
  }
}

function endpointOf(text: string): Endpoint {
  const match = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw usage(`--listen must be a loopback address and a port, such as 127.0.0.1:9790: "${text}"`);
  }
  return { host: String(match[1]).replace(/^\[|\]$/g, ""), port };
}
