/**
 * What people change in the config file: one thing or several, and back again. Whatever comes out is a config that the loader would
 * take.
 */
import type { FaultKind } from "./faults.ts";
import { writtenFirst, type Written, type WrittenGroup } from "./config-file.ts";
import type { Random } from "./random.ts";
import type { GroupSetup, Setup, SimConfig } from "./setup.ts";

/** The kind of fault that these belong to. */
export const editKind: FaultKind = "reload-changed";

/** Whom a change is likely to meet: members that the address comes from or goes to, and their group. */
export interface Spot {
  readonly group: string;
  readonly members: readonly string[];
}

export interface Edited {
  readonly file: Written;
  /** In words. */
  readonly what: string;
}

interface FileEdit {
  readonly random: Random;
  readonly file: Written;
  readonly first: Setup;
  /** Null: anybody. */
  readonly spot: Spot | null;
}

interface GroupEdit {
  readonly random: Random;
  readonly now: SimConfig;
  readonly first: GroupSetup;
  readonly spot: Spot | null;
}

/** @returns the group with the change; null: there is nothing to change so. */
type ChangeGroup = (edit: GroupEdit) => SimConfig | null;

const minute = 60_000;

const groupChanges: Readonly<Record<string, ChangeGroup>> = {
  healthcheck: changeHealthcheck,
  "healthcheck of one": changeHealthcheckOfOne,
  times: changeTimes,
  limit: ({ random, now }) =>
    withPolicy(now, {
      limit: { moves: random.int(1, 6), windowMs: random.pick([30, 60, 120]) * minute },
    }),
  failback: ({ random, now }) =>
    withPolicy(now, { failbackAfterMs: random.pick([null, 5 * minute, 10 * minute, 30 * minute]) }),
  order: ({ now, first }) =>
    first.capabilities.transfer === "flip"
      ? null
      : withPolicy(now, { order: now.policy.order === "attach-first" ? "detach-first" : "attach-first" }),
  mode: ({ random, now }) =>
    withPolicy(now, { mode: random.pick(["auto", "auto", "approve", "shadow"] as const) }),
  holders: ({ now, first }) =>
    first.capabilities.severalHolders
      ? withPolicy(now, { holders: now.policy.holders === "one" ? "all-healthy" : "one" })
      : null,
  verify: changeVerify,
  calendar: ({ random, now, first: { config } }) => {
    const { maintenance, drill } = config.calendar;
    return {
      ...now,
      calendar: { maintenance: random.pick([[], maintenance]), drill: random.pick([null, drill]) },
    };
  },
  preference: ({ random, now }) => ({
    ...now,
    members: now.members
      .map((member) => ({ member, place: random.next() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ member }) => member),
  }),
  "member out": takeMemberOut,
  "member in": putMemberIn,
  "all as before": ({ first }) => first.config,
};

/** What is changed more often than the rest, since it makes a group another one. */
const often: readonly string[] = ["member out", "member in", "member in"];

/** What is changed, and up to which part of one it is drawn. */
const fileChanges: readonly (readonly [number, (edit: FileEdit) => Edited])[] = [
  [0.08, editOverall],
  [0.16, editCanaries],
  [0.24, takeGroupOut],
  [0.4, putGroupIn],
  [1, editGroup],
];

/** @param spot whom to meet; null: anybody. @returns one to three changes, of which some may be none. */
export function edit(random: Random, file: Written, first: Setup, spot: Spot | null): Edited {
  let edited: Edited = { file, what: "" };
  const count = random.pick([1, 1, 2, 3]);
  for (let i = 0; i < count; i++) {
    const chosen = random.next();
    const [, change] = fileChanges.find(([upTo]) => chosen < upTo)!;
    const next = change({ random, file: edited.file, first, spot });
    edited = { file: next.file, what: [edited.what, next.what].filter((text) => text !== "").join("; ") };
  }
  return edited;
}

function editGroup({ random, file, first, spot }: FileEdit): Edited {
  const names = file.groups.map(({ config }) => config.name);
  const name = spot !== null && names.includes(spot.group) ? spot.group : random.pick(names);
  const setup = first.groups.find(({ config }) => config.name === name)!;
  if (setup.stored.length > 0 && random.chance(0.25)) return followOrNot(file, name);
  const what = random.pick([...Object.keys(groupChanges), ...often]);
  let isChanged = false;
  const groups = file.groups.map((group): WrittenGroup => {
    if (group.config.name !== name) return group;
    const config = groupChanges[what]!({ random, now: group.config, first: setup, spot });
    if (config === null) return group;
    isChanged = true;
    return { ...group, config: valid(config, setup) };
  });
  return { file: { ...file, groups }, what: isChanged ? `${name}: ${what}` : "" };
}

/** How members are probed is stored with the address, or the file's own, from now on. */
function followOrNot(file: Written, name: string): Edited {
  const groups = file.groups.map((group) =>
    group.config.name === name ? { ...group, follows: !group.follows } : group,
  );
  return { file: { ...file, groups }, what: `${name}: whose healthcheck` };
}

function editOverall({ random, file, first }: FileEdit): Edited {
  const overall = random.chance(0.4)
    ? first.overall
    : {
        limit: { moves: random.int(2, 6), windowMs: 60 * minute },
        share: { ofGroups: random.pick([0.34, 0.5, 1]), windowMs: 10 * minute },
      };
  return { file: { ...file, overall }, what: "overall limits" };
}

function editCanaries({ random, file, first }: FileEdit): Edited {
  const { canaries } = first.selfCheck;
  if (canaries.length === 0) return { file, what: "" };
  const left = canaries.slice(0, random.int(0, canaries.length));
  const need = Math.min(first.selfCheck.need, Math.max(1, left.length));
  return {
    file: { ...file, selfCheck: { ...first.selfCheck, canaries: left, need } },
    what: `${left.length} canaries`,
  };
}

/** One is always left. */
function takeGroupOut({ random, file, spot }: FileEdit): Edited {
  if (file.groups.length < 2) return { file, what: "" };
  const names = file.groups.map(({ config }) => config.name);
  const out = spot !== null && names.includes(spot.group) ? spot.group : random.pick(names);
  const groups = file.groups.filter(({ config }) => config.name !== out);
  return { file: { ...file, groups }, what: `${out} out` };
}

function putGroupIn({ random, file, first }: FileEdit): Edited {
  const names = file.groups.map(({ config }) => config.name);
  const missing = first.groups.filter(({ config }) => !names.includes(config.name));
  if (missing.length === 0) return { file, what: "" };
  const group = writtenFirst(random.pick(missing));
  return { file: { ...file, groups: [...file.groups, group] }, what: `${group.config.name} in` };
}

/** The loader wants them to agree. */
function valid(config: SimConfig, first: GroupSetup): SimConfig {
  const { policy, calendar } = config;
  const isPool = policy.holders === "all-healthy";
  const order = isPool ? "attach-first" : policy.order;
  const failbackAfterMs = isPool ? null : policy.failbackAfterMs;
  const verify = isPool || first.config.path === null ? null : policy.verify;
  return {
    ...config,
    policy: { ...policy, order, failbackAfterMs, verify },
    path: verify === null ? null : first.config.path,
    calendar: { ...calendar, drill: isPool || policy.mode !== "auto" ? null : calendar.drill },
  };
}

function withPolicy(now: SimConfig, policy: Partial<SimConfig["policy"]>): SimConfig {
  return { ...now, policy: { ...now.policy, ...policy } };
}

function changeTimes({ random, now }: GroupEdit): SimConfig {
  return withPolicy(now, {
    holdDownMs: random.pick([1, 5, 15]) * minute,
    warmUpMs: random.pick([0, 30_000, 120_000]),
  });
}

/** What is stored with the address is not the file's to change. */
function changeHealthcheck({ random, now, first }: GroupEdit): SimConfig | null {
  if (first.stored.length > 0) return null;
  const pace = drawPace(random);
  return {
    ...now,
    members: now.members.map((member) => ({ ...member, target: { ...member.target, ...pace } })),
  };
}

function changeHealthcheckOfOne({ random, now, first, spot }: GroupEdit): SimConfig | null {
  if (first.stored.length > 0) return null;
  const name = aMember(random, now, spot);
  const pace = drawPace(random);
  return {
    ...now,
    members: now.members.map((member) =>
      member.name === name ? { ...member, target: { ...member.target, ...pace } } : member,
    ),
  };
}

type Pace = Pick<
  SimConfig["members"][number]["target"],
  "intervalMs" | "timeoutMs" | "fastIntervalMs" | "strikesOk" | "strikesFail" | "port"
>;

function drawPace(random: Random): Pace {
  return {
    intervalMs: random.pick([10_000, 15_000, 20_000, 30_000]),
    timeoutMs: random.pick([2_000, 3_000, 5_000]),
    fastIntervalMs: random.pick([null, null, 5_000]),
    strikesOk: random.int(1, 3),
    strikesFail: random.int(2, 4),
    port: random.pick([80, 81]),
  };
}

function changeVerify({ random, now, first }: GroupEdit): SimConfig | null {
  if (first.config.path === null) return null;
  const verify = {
    withinMs: random.pick([30_000, 60_000]),
    otherwise: random.pick(["hold", "next-member"] as const),
  };
  return withPolicy(now, { verify: random.chance(0.3) ? null : verify });
}

/** Two are always left. */
function takeMemberOut({ random, now, spot }: GroupEdit): SimConfig | null {
  if (now.members.length < 3) return null;
  const out = aMember(random, now, spot);
  return { ...now, members: now.members.filter(({ name }) => name !== out) };
}

function putMemberIn({ random, now, first }: GroupEdit): SimConfig | null {
  const names = now.members.map(({ name }) => name);
  const missing = first.config.members.filter(({ name }) => !names.includes(name));
  if (missing.length === 0) return null;
  const place = random.int(0, names.length);
  return {
    ...now,
    members: [...now.members.slice(0, place), random.pick(missing), ...now.members.slice(place)],
  };
}

function aMember(random: Random, { name, members }: SimConfig, spot: Spot | null): string {
  const names = members.map((member) => member.name);
  const met = spot?.group === name ? spot.members.filter((member) => names.includes(member)) : [];
  return random.pick(met.length > 0 && random.chance(0.7) ? met : names);
}
