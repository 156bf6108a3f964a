/** People in the provider's web console: they move, add and remove the address, give it to strangers, delete instances. */
import type { Capabilities } from "../../src/core/address.ts";
import type { FaultKind } from "./faults.ts";
import type { SimMember } from "./members.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import type { Author, SimTruth } from "./truth.ts";

export interface PeopleParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly truth: SimTruth;
  readonly members: readonly SimMember[];
  readonly capabilities: Capabilities;
}

const person: Author = { by: "person" };

/** Lets people act on one group at random. */
export function letPeopleIn(parts: PeopleParts): void {
  const acts: readonly (readonly [FaultKind, (random: Random) => void])[] = [
    ["person-move", (random) => move(parts, random)],
    ["person-attach", (random) => attach(parts, random)],
    ["person-detach", (random) => detach(parts, random)],
    ["person-foreign", (random) => giveAway(parts, random)],
    ["instance-deleted", (random) => deleteInstance(parts, random)],
  ];
  for (const [kind, act] of acts) {
    const random = parts.random.fork(kind);
    parts.stage.every(kind, random, () => {
      parts.stage.history.fault(kind, parts.truth.group);
      act(random);
    });
  }
}

/** Attach first or detach first, with the time in between that a person takes. */
function move(parts: PeopleParts, random: Random): void {
  const { truth, stage, capabilities } = parts;
  const to = random.pick(existing(parts)).name;
  const waitMs = random.int(2_000, 40_000);
  if (capabilities.transfer === "flip") {
    set(parts, [to], []);
  } else if (random.chance(0.5)) {
    set(parts, [...new Set([...truth.now.holders, to])], truth.now.foreign);
    stage.clock.in(waitMs, () => set(parts, [to], []));
  } else {
    set(parts, [], []);
    stage.clock.in(waitMs, () => set(parts, [...new Set([...truth.now.holders, to])], truth.now.foreign));
  }
}

function attach(parts: PeopleParts, random: Random): void {
  const to = random.pick(existing(parts)).name;
  const { holders, foreign } = parts.truth.now;
  if (parts.capabilities.transfer === "flip") set(parts, [to], []);
  else set(parts, [...new Set([...holders, to])], foreign);
}

function detach(parts: PeopleParts, random: Random): void {
  const { holders, foreign } = parts.truth.now;
  if (holders.length === 0) return;
  const off = random.pick(holders);
  set(
    parts,
    holders.filter((name) => name !== off),
    foreign,
  );
}

/** A stranger gets it, beside the holders or instead of them, and loses it again some day. */
function giveAway(parts: PeopleParts, random: Random): void {
  const alone = parts.capabilities.transfer === "flip" || random.chance(0.5);
  const before = parts.truth.now.holders;
  set(parts, alone ? [] : before, ["stranger"]);
  parts.stage.clock.in(random.wait(1_800_000), () => {
    const { holders, foreign } = parts.truth.now;
    if (foreign.length === 0) return;
    set(parts, holders.length === 0 && random.chance(0.7) ? existingOf(parts, before) : holders, []);
  });
}

/** At least one member is always left. Now and then something still answers at the address of one that is gone. */
function deleteInstance(parts: PeopleParts, random: Random): void {
  const left = existing(parts);
  if (left.length < 2) return;
  const victim = random.pick(left);
  victim.become(random.chance(0.8) ? "dead" : "up");
  victim.deleted = true;
  const { holders, foreign } = parts.truth.now;
  set(
    parts,
    holders.filter((name) => name !== victim.name),
    foreign,
  );
}

function existing(parts: PeopleParts): readonly SimMember[] {
  return parts.members.filter((member) => !member.deleted);
}

function existingOf(parts: PeopleParts, names: readonly string[]): readonly string[] {
  return names.filter((name) => existing(parts).some((member) => member.name === name));
}

function set(parts: PeopleParts, holders: readonly string[], foreign: readonly string[]): void {
  parts.truth.set(existingOf(parts, holders), foreign, parts.stage.clock.now, person);
}
