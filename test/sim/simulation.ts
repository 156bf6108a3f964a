/** One seed from beginning to end: first safety with the faults on, then liveness with the faults off. */
import { SimClock } from "./clock.ts";
import { drawFaults, type FaultKind } from "./faults.ts";
import { History } from "./history.ts";
import { boundMs, quietMs, settleMembers, unwanted } from "./liveness.ts";
import { Random } from "./random.ts";
import { drawSetup, withWatches, type SimConfig } from "./setup.ts";
import { Stage } from "./stage.ts";
import type { Witness } from "./witness.ts";
import { World } from "./world.ts";

export interface Options {
  readonly seed: string;
  /** How long faults happen. The end without them comes on top. */
  readonly hours: number;
  /** Kinds of fault that are enabled in any case. */
  readonly also?: readonly FaultKind[];
  /** Every member is watched, unless its group follows a healthcheck that is stored. */
  readonly watched?: boolean;
  /** Gets each line of the history as it is written. */
  readonly sink?: (line: string) => void;
  /** Listens to the processes and looks at them now and then. */
  readonly witness?: Witness;
}

export interface Result {
  readonly seed: string;
  readonly violations: readonly string[];
  readonly newest: readonly string[];
  readonly digest: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly counts: ReadonlyMap<string, number>;
}

const minute = 60_000;

export async function simulate({
  seed,
  hours,
  also,
  watched = false,
  sink,
  witness,
}: Options): Promise<Result> {
  const random = new Random(seed);
  const clock = new SimClock();
  const history = new History(clock, sink ?? null);
  const rates = drawFaults(random.fork("faults"), also);
  const drawn = drawSetup(random.fork("setup"), {
    calendar: random.fork("calendar"),
    stored: random.fork("stored"),
  });
  const setup = watched ? withWatches(drawn) : drawn;
  for (const { config, capabilities } of setup.groups) describe(history, config, capabilities.transfer);
  history.add(`faults: ${[...rates.keys()].join(" ")}`);
  const world = new World(setup, new Stage(clock, history, rates, witness), random);
  const { violations } = world.checks;

  const end = hours * 60 * minute;
  const pass = async (ms: number): Promise<void> => {
    // The rest of a history that has gone wrong says nothing new.
    const until = clock.now + ms;
    while (clock.now < until && violations.length === 0) {
      await clock.runUntil(Math.min(until, clock.now + minute), () => world.look());
    }
  };
  await pass(end);
  if (violations.length === 0) await checkLiveness(world, { clock, history, random }, pass);
  return {
    seed,
    violations,
    newest: history.newest,
    digest: history.digest,
    simulatedMs: clock.now,
    events: clock.events,
    faults: history.faults,
    counts: history.counts,
  };
}

interface End {
  readonly clock: SimClock;
  readonly history: History;
  readonly random: Random;
}

async function checkLiveness(world: World, end: End, pass: (ms: number) => Promise<void>): Promise<void> {
  const { clock, history, random } = end;
  const calmAt = world.calm();
  settleMembers(world.groups, random.fork("end"));
  // From now on the config file stays as it is.
  const groups = world.wanted;
  const deadline = calmAt + Math.max(...groups.map(boundMs));
  const steps = (): number => history.counts.get("steps") ?? 0;
  let quietSince = clock.now;
  let seen = -1;
  while (clock.now < deadline && clock.now - quietSince < quietMs && world.checks.violations.length === 0) {
    await pass(minute);
    if (steps() === seen && groups.every((group) => unwanted(group) === null)) continue;
    seen = steps();
    quietSince = clock.now;
  }
  if (world.checks.violations.length > 0) return;
  world.checkConfig();
  if (clock.now - quietSince >= quietMs) return;
  const wrong = groups.flatMap((group) => {
    const text = unwanted(group);
    return text === null ? [] : `${group.config.name}: ${text}`;
  });
  world.checks.fail(`liveness: ${wrong.join("; ") || "steps go on without end"}`);
}

function describe(history: History, config: SimConfig, transfer: string): void {
  const { name, policy, calendar, members } = config;
  const { intervalMs, timeoutMs, strikesOk, strikesFail } = members[0]!.target;
  history.add(`${name}: ${transfer} ${JSON.stringify(policy)}`);
  const { maintenance, drill } = calendar;
  if (maintenance.length > 0 || drill !== null) history.add(`${name}: ${JSON.stringify(calendar)}`);
  const names = members.map((member) => member.name).join(" ");
  history.add(
    `${name}: members ${names}, every ${intervalMs} ms within ${timeoutMs} ms, ok ${strikesOk}, fail ${strikesFail}`,
  );
}
