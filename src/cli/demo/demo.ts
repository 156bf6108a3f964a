/** `failoverd demo`: two simulated clouds, the real daemon, and the death of each holder. */
import type { Writable } from "node:stream";
import { formatAtMost } from "../../config/duration.ts";
import { CliError, usage } from "../exit-codes.ts";
import { printJson, printLine, styled, type Output } from "../output.ts";
import { EventFeed } from "./event-feed.ts";
import { entranceOf, setStage, type Stage } from "./stage.ts";
import { Timeline } from "./timeline.ts";
import { playScene, type Props, type Scene } from "./walk.ts";

/** The longest that the groups may take to become steady. Milliseconds. */
const readyDeadlineMs = 30_000;

export interface DemoOptions {
  readonly once: boolean;
  readonly json: boolean;
  readonly ports: string;
}

export async function demo(options: DemoOptions, output: Output): Promise<void> {
  if (options.ports !== "fixed" && options.ports !== "auto") {
    throw usage(`--ports must be fixed or auto: "${options.ports}"`);
  }
  // With --json, stdout belongs to the summary.
  const stream = options.json ? output.stderr : output.stdout;
  const timeline = new Timeline(output, stream);
  const feed = new EventFeed();
  printLine(
    stream,
    "Two simulated clouds, the real daemon, and the death of each holder. Times in seconds.\n",
  );

  const ready = Promise.all(["web", "shop"].map((group) => untilSteady(group, feed)));
  const stage = await setStage(options.ports === "auto", (event) => {
    timeline.take(event);
    feed.take(event);
  });
  const interrupted = untilInterrupted();
  try {
    await Promise.race([ready, interrupted]);
    const played = playAll({ stage, timeline, feed }, stream);
    const scenes = await Promise.race([played, interrupted]);
    if (scenes === null) throw new CliError("Interrupted before both addresses had moved");
    conclude(scenes, options, output);
    if (options.once) return;
    printInvitation(stage, output, stream);
    await interrupted;
  } finally {
    await stage.close();
  }
}

async function untilSteady(group: string, feed: EventFeed): Promise<void> {
  await feed.next(
    (event) => event.type === "decision" && event.group === group && event.plan.rule === "steady",
    AbortSignal.timeout(readyDeadlineMs),
  );
}

/** @returns null after the first SIGINT or SIGTERM. A second one ends the process as usual. */
function untilInterrupted(): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve(null));
  });
}

async function playAll(props: Props, stream: Writable): Promise<readonly Scene[]> {
  const scenes: Scene[] = [];
  for (const group of props.stage.config.groups) {
    printLine(stream);
    scenes.push(await playScene(group, props));
  }
  printLine(stream);
  return scenes;
}

/** @throws CliError when an address did not move. */
function conclude(scenes: readonly Scene[], options: DemoOptions, output: Output): void {
  const ok = scenes.every((scene) => scene.moved);
  if (options.json) printJson(output, { ok, groups: scenes });
  else for (const scene of scenes) printLine(output.stdout, sceneText(scene, output));
  if (!ok) throw new CliError("An address did not move, or its new holder does not answer");
}

function sceneText(scene: Scene, output: Output): string {
  const { group, from, to, detectionMs, outageMs, contract } = scene;
  const [detection, outage, most] = [detectionMs, outageMs, contract.outageAtMostMs].map(formatAtMost);
  const title = styled(output, "bold", group.padEnd(5));
  return `${title} ${from} to ${to}: found dead after ${detection}, outage of ${outage} (promised: at most ${most})`;
}

/** As this program is called: a checkout has it under npm only. */
function watchCommands({ service }: Stage): readonly (readonly [command: string, what: string])[] {
  if (service.controlSocket === null) return [];
  const program = process.argv[1]?.endsWith(".ts") === true ? "npm run -s failoverd --" : "failoverd";
  const at = `--socket ${service.controlSocket}`;
  return [
    [`${program} status ${at}`, "the daemon's own view of all that"],
    [`${program} events --follow ${at}`, "what has happened, and what happens, as it happens"],
  ];
}

function printInvitation(stage: Stage, output: Output, stream: Writable): void {
  const control = `${stage.simulator.url}/world`;
  const { url } = stage.service;
  const entrances = stage.config.groups.map((group) => entranceOf(group, stage));
  const commands: readonly (readonly [command: string, what: string])[] = [
    [`curl -s ${url}/readyz`, "what each group is doing, and why"],
    [`curl -s ${url}/metrics`, "what Prometheus would scrape"],
    ...entrances.map(({ address, scheme, host, port }): readonly [string, string] => [
      `curl -sk ${scheme}://${host}:${port}/`,
      `who answers through ${address}`,
    ]),
    [`curl -s -X POST ${control}/backends/web-a/revive`, "bring web-a back: the address stays where it is"],
    [
      `curl -s -X POST ${control}/backends/web-b/kill`,
      "kill the present holder, 10 s later or more: the hold-down",
    ],
    [`curl -s -X POST ${control}/backends/eu/revive`, "bring eu back, so that there is somewhere to go"],
    [`curl -s -X POST ${control}/backends/us/hang`, "let us accept connections and never answer"],
    [`curl -s ${control}/requests`, "every call that the clouds have seen"],
  ];
  const width = Math.max(...commands.map(([command]) => command.length));
  const all = [...watchCommands(stage), ...commands];
  printLine(stream, "\nThe daemon goes on. Break more by hand from another terminal; Ctrl-C ends the demo.");
  for (const [command, what] of all) {
    printLine(stream, `  ${styled(output, "cyan", command.padEnd(width))}  ${what}`);
  }
  printLine(stream);
}
