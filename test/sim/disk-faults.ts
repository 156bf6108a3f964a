/** What happens to the journal's file and to the disk that it is on. */
import type { GroupConfig } from "../../src/config/config.ts";
import type { Stamped } from "../../src/daemon/journal/entry.ts";
import type { DiskTrouble, SimDisk } from "./disk.ts";
import type { FaultKind } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

/** Why the moves of another installation were begun. */
export const foreignWhy = "of another installation";

const troubles: readonly (readonly [FaultKind, DiskTrouble])[] = [
  ["disk-full", 13],
  ["disk-read-only", 8],
  ["disk-error", 10],
];

export interface DiskFaultParts {
  readonly stage: Stage;
  readonly random: Random;
  readonly disk: SimDisk;
  readonly groups: readonly GroupConfig[];
  readonly wallNow: () => number;
  /** Told when something that was written is there no more. */
  readonly onLoss: () => void;
}

export function spoilDisk({ stage, random, disk, groups, wallNow, onLoss }: DiskFaultParts): void {
  for (const [kind, code] of troubles) {
    const own = random.fork(kind);
    stage.every(kind, own, () => {
      const ms = own.wide(1_000, 3_600_000);
      stage.history.fault(kind, `for ${Math.round(ms / 1_000)} s`);
      disk.fail(code, stage.clock.now + ms);
    });
  }
  const acts: readonly (readonly [FaultKind, (random: Random) => void])[] = [
    ["journal-damaged", (own) => disk.damageFile(own.pick([11, 26] as const))],
    ["entry-damaged", (own) => disk.damageEntry(own.next())],
    ["journal-deleted", (): void => disk.remove()],
    ["journal-foreign", (): void => disk.replace(groups.flatMap((group) => lure(group, wallNow())))],
  ];
  for (const [kind, act] of acts) {
    const own = random.fork(kind);
    stage.every(kind, own, () => {
      stage.history.fault(kind, "");
      act(own);
      onLoss();
    });
  }
}

/** The journal of somebody else's group of the same name: whoever believes it puts its address on the last member at once. */
function lure({ name: group, members }: GroupConfig, atWallMs: number): readonly Stamped[] {
  const from = [members[0]!.name];
  const to = [members.at(-1)!.name];
  const step = { kind: "detach", member: from[0]! } as const;
  return [
    { type: "intent" as const, group, trigger: "failover" as const, why: foreignWhy, from, to },
    { type: "step" as const, group, step, why: foreignWhy, to, takesOff: true },
  ].map((entry) => ({ atWallMs, identity: `another ${group}`, entry }));
}
