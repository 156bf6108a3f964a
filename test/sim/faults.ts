/**
 * What can go wrong, and how often it does under one seed. Each seed enables its own part of the list with rates of its
 * own ("swarm testing"): a world in which everything fails at once hides what a single stubborn fault would show.
 */
import type { Random } from "./random.ts";

const minute = 60_000;
const hour = 60 * minute;

/**
 * How often a fault may happen. `often`, `rarely` and `hardly` are drawn as a mean time between two, `calls`, `fewCalls` and
 * `hardlyCalls` as a share of the calls.
 */
type Pace = "often" | "rarely" | "hardly" | "calls" | "fewCalls" | "hardlyCalls";

const ranges: Readonly<Record<Pace, { readonly min: number; readonly max: number }>> = {
  often: { min: 20 * minute, max: 12 * hour },
  rarely: { min: 2 * hour, max: 48 * hour },
  hardly: { min: 24 * hour, max: 300 * hour },
  calls: { min: 0.002, max: 0.3 },
  fewCalls: { min: 0.001, max: 0.1 },
  hardlyCalls: { min: 0.0005, max: 0.03 },
};

const kinds = {
  /** A member refuses connections. */
  "member-dead": "often",
  /** It accepts and never answers. */
  "member-hang": "often",
  /** It changes between up and dead every few seconds. */
  "member-flap": "often",
  /** It answers a part of the probes only. */
  "member-brownout": "often",
  /** It answers with an error. */
  "member-error": "often",
  /** All members of a group die in the same moment. */
  "site-dead": "rarely",
  /** The way from the monitor to one member is cut. */
  "path-cut": "often",
  /** The monitor's own network is down, and it knows it. */
  "net-inconclusive": "often",
  /** The same, but every probe looks like a fail of its target. */
  "net-isolated": "rarely",
  /** One probe ends inconclusive. */
  "probe-inconclusive": "calls",
  /** One probe is lost, and looks like a fail. */
  "probe-lost": "fewCalls",

  "read-error": "calls",
  "read-slow": "calls",
  "read-hang": "fewCalls",
  /** It neither answers nor heeds the signal. */
  "read-deaf": "fewCalls",
  /** It shows what was true up to 20 s ago. */
  "read-stale": "calls",
  /** It says that it is busy with something of its own. */
  "read-busy": "fewCalls",
  /** The cloud cannot be asked for anything for a while. */
  "cloud-down": "often",
  "step-slow": "calls",
  "step-lost-request": "calls",
  "step-lost-reply": "calls",
  /** The answer is lost, and the work is done up to 30 s after that. */
  "step-late-work": "calls",
  /** It is done once more up to 30 s later. */
  "step-twice": "calls",
  "step-rejected": "calls",
  "step-rejected-call": "calls",
  /** It is answered as applied and nothing is done. */
  "step-lie": "calls",
  "step-hang": "fewCalls",
  "step-deaf": "fewCalls",

  /** Through the address nobody gets an answer, whoever holds it. */
  "address-dead": "rarely",

  /** People who talk to the daemon. */
  "person-pause": "rarely",
  "person-drain": "rarely",
  "person-force": "rarely",
  "person-switchover": "rarely",
  "person-answer": "often",
  "person-acknowledge": "rarely",
  /** The same config is taken over again, with new connections to the provider. */
  reload: "often",
  /** People in the provider's console. */
  "person-move": "rarely",
  "person-attach": "rarely",
  "person-detach": "rarely",
  "person-foreign": "rarely",
  "instance-deleted": "hardly",

  kill: "often",
  /** Killed right before or right after a call to the provider has left. */
  "kill-at-call": "calls",
  stop: "rarely",
  "process-stopped": "often",
  "machine-suspended": "rarely",
  "wall-clock-step": "often",

  /** The journal cannot be written; reading goes on. */
  "disk-full": "often",
  "disk-read-only": "rarely",
  /** It can be neither written nor read. */
  "disk-error": "rarely",
  /** The whole file. */
  "journal-damaged": "rarely",
  /** One entry in it. */
  "entry-damaged": "rarely",
  "journal-deleted": "rarely",
  /** The file of another installation takes its place. */
  "journal-foreign": "rarely",
  /** Everything on the machine ends at once, and so does what was not synced. */
  "power-loss": "rarely",
  /** Killed right before or right after an entry is written. */
  "kill-at-write": "hardlyCalls",
  /** A second process of the daemon runs on the same machine, for hours or for ever. */
  "second-daemon": "rarely",

  /** Somebody stores another healthcheck with the address; a few groups are probed by that. */
  "healthcheck-change": "rarely",
  /** Somebody takes it away for a while. */
  "healthcheck-gone": "rarely",

  /** The config file is changed and taken over, now and then several times in a row, with new credentials, or back again. */
  "reload-changed": "often",
} as const;

export type FaultKind = keyof typeof kinds;

/** Kinds that are enabled only when they are asked for by name. */
const onlyByName: readonly FaultKind[] = ["net-isolated", "reload-changed"];

export const faultNames: readonly FaultKind[] = Object.keys(kinds) as FaultKind[];

/** Share of the calls, or mean time in milliseconds; a kind that is missing never happens. */
export type FaultRates = ReadonlyMap<FaultKind, number>;

/** @param also kinds that are enabled in any case. */
export function drawFaults(random: Random, also: readonly FaultKind[] = []): FaultRates {
  const density = random.pick([0.15, 0.4, 0.7]);
  const rates = new Map<FaultKind, number>();
  for (const kind of faultNames) {
    const { min, max } = ranges[kinds[kind]];
    const enabled = random.chance(density) && !onlyByName.includes(kind);
    const rate = min * (max / min) ** random.next();
    if (enabled || also.includes(kind)) rates.set(kind, rate);
  }
  return rates;
}
