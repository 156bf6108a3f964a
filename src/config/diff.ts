/** What taking over another config would change: each place with what was there and what comes, and what follows from it. Pure. */
import { targetUrl } from "../core/target.ts";
import { fromElasticIp, type Config, type GroupConfig, type MemberConfig } from "./config.ts";
import { groupIdentity } from "./identity.ts";
import { isSameMember, isSamePath, settledChanges } from "./sameness.ts";
import { isProbed } from "./stored-healthcheck.ts";
import { isWithin, leaves, type Leaf } from "./tree-diff.ts";

export interface Change extends Leaf {
  /** What follows when the daemon takes it over, e.g. `web-a starts at unknown`. */
  readonly effect: string;
}

export const effects = {
  settled: "takes effect at the next start",
  now: "takes effect at once",
  decisions: "counts from the next decision on; a move under way ends under the policy of before",
  groupAdded: "is watched, and moves nothing before its first full round",
  groupLeft: "is let go, its address is not touched",
  groupOther:
    "is another address or other members at the provider: let go, address untouched, and watched anew",
  memberUnknown: "starts at unknown",
  memberLeft: "is no longer probed",
  path: "what was seen through the address is forgotten",
} as const;

/**
 * Credentials are not compared, and values of request headers are not shown.
 *
 * @returns in the order of the file; none: nothing would change.
 */
export function diffConfigs(before: Config, after: Config): readonly Change[] {
  const { groups: _, providers: __, ...restA } = before;
  const { groups: ___, providers: ____, ...restB } = after;
  const settled = settledChanges(before, after);
  const effectOf = (place: string): string =>
    settled.some((key) => isWithin(place, key)) ? effects.settled : effects.now;
  return [
    ...toChanges(leaves("", restA, restB), effectOf),
    ...toChanges(providerLeaves(before, after), () => effects.now),
    ...groupChanges(before, after).flatMap(({ changes }) => changes),
  ];
}

function providerLeaves(before: Config, after: Config): readonly Leaf[] {
  const [a, b] = [before, after].map(({ providers }) => new Map(providers.map((each) => [each.name, each])));
  const names = [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])];
  return names.flatMap((name) => leaves(`providers.${name}`, a?.get(name), b?.get(name)));
}

/** @returns e.g. `web changed, shop added`; `no group changed`. */
export function groupsText(before: Config, after: Config): string {
  const groups = groupChanges(before, after).filter(({ changes }) => changes.length > 0);
  return groups.map(({ name, what }) => `${name} ${what}`).join(", ") || "no group changed";
}

interface GroupChanges {
  readonly name: string;
  readonly what: "added" | "changed" | "left";
  readonly changes: readonly Change[];
}

function groupChanges(a: Config, b: Config): readonly GroupChanges[] {
  const known = new Map(a.groups.map((group) => [group.name, group]));
  const groups = b.groups.map((group): GroupChanges => {
    const { name } = group;
    const place = `groups.${name}`;
    const old = known.get(name);
    known.delete(name);
    if (old === undefined) {
      const added = { place, before: null, after: gist(group), effect: effects.groupAdded };
      return { name, what: "added", changes: [added] };
    }
    const isOther = identityOf(old, a) !== identityOf(group, b);
    const other = { place, before: gist(old), after: gist(group), effect: effects.groupOther };
    return {
      name,
      what: "changed",
      changes: [...(isOther ? [other] : []), ...withinGroup(place, old, group)],
    };
  });
  const left = [...known.values()].map((group): GroupChanges => {
    const place = `groups.${group.name}`;
    const change = { place, before: gist(group), after: null, effect: effects.groupLeft };
    return { name: group.name, what: "left", changes: [change] };
  });
  return [...groups, ...left];
}

function withinGroup(place: string, old: GroupConfig, group: GroupConfig): readonly Change[] {
  const { members: _, policy: oldPolicy, ...restA } = old;
  const { members: __, policy, ...restB } = group;
  const own = leaves(place, { ...restA, ...oldPolicy }, { ...restB, ...policy });
  const path: Change[] =
    isSamePath(old, group) || (old.path === null && group.path === null)
      ? []
      : [{ place: `${place}.verify`, before: pathText(old), after: pathText(group), effect: effects.path }];
  return [
    ...toChanges(own, () => effects.decisions),
    ...path,
    ...orderChange(place, old, group),
    ...memberChanges(place, old, group),
  ];
}

function orderChange(place: string, old: GroupConfig, group: GroupConfig): readonly Change[] {
  const [before, after] = [staying(old, group), staying(group, old)];
  return before === after ? [] : [{ place: `${place}.members`, before, after, effect: effects.decisions }];
}

/** The members that the other one has too, in order of preference. */
function staying({ members }: GroupConfig, other: GroupConfig): string {
  const names = new Set(other.members.map(({ name }) => name));
  return members.flatMap(({ name }) => (names.has(name) ? name : [])).join(", ");
}

function memberChanges(place: string, old: GroupConfig, group: GroupConfig): readonly Change[] {
  const known = new Map(old.members.map((member) => [member.name, member]));
  const changes = group.members.flatMap((member): readonly Change[] => {
    const own = `${place}.members.${member.name}`;
    const before = known.get(member.name);
    known.delete(member.name);
    if (before === undefined)
      return [{ place: own, before: null, after: memberGist(member), effect: effects.memberUnknown }];
    const effect = isSameMember(before, member) ? effects.now : effects.memberUnknown;
    return toChanges(memberLeaves(own, before, member), () => effect);
  });
  const left = [...known.values()].map((member) => ({
    place: `${place}.members.${member.name}`,
    before: memberGist(member),
    after: null,
    effect: effects.memberLeft,
  }));
  return [...changes, ...left];
}

/** A healthcheck that takes the place of one that is stored elsewhere, or the reverse, is one change. */
function memberLeaves(place: string, before: MemberConfig, member: MemberConfig): readonly Leaf[] {
  if (isProbed(before) === isProbed(member)) return leaves(place, before, member);
  const [was, is] = [memberGist(before), memberGist(member)];
  return leaves(place, { ...before, target: was }, { ...member, target: is });
}

function toChanges(list: readonly Leaf[], effectOf: (place: string) => string): readonly Change[] {
  return list.map(({ place, before, after }) => ({ place, before, after, effect: effectOf(place) }));
}

function identityOf(group: GroupConfig, config: Config): string {
  const provider = config.providers.find(({ name }) => name === group.provider);
  return provider === undefined ? "" : groupIdentity(group, provider);
}

function gist({ address, members }: GroupConfig): string {
  return `${address.id} with ${members.map(({ name }) => name).join(", ")}`;
}

function memberGist({ target }: MemberConfig): string {
  return target.mode === fromElasticIp ? `${target.host} ${fromElasticIp}` : targetUrl(target);
}

/** A change of members changes what may be seen through the address. */
function pathText({ path }: GroupConfig): string | null {
  return path === null ? null : `seen through ${path.host}`;
}
