/** Rules across the fields of a world file, checked on a shape that is already valid. */
import { endpointText, type Endpoint, type ServedSpec, type WorldSpec, type ZoneSpec } from "./spec.ts";

/** What is wrong and where: the path of keys and indexes as they are in the file. */
export interface RuleProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Path = readonly (string | number)[];

/** @returns every rule that the world breaks. */
export function brokenRules(world: WorldSpec): RuleProblem[] {
  return [
    ...duplicates(world),
    ...servedThings(world).flatMap(([path, thing]) => servedProblems(path, thing)),
    ...zonesOf(world).flatMap(holderProblems),
    ...groupProblems(world),
    ...portProblems(world),
  ];
}

/** The zones of the world, each with where it is in the file: first the one that the world is about. */
function zonesOf({ exoscale }: WorldSpec): [Path, ZoneSpec][] {
  if (exoscale === null) return [];
  const others = exoscale.otherZones ?? [];
  return [
    [["exoscale"], exoscale],
    ...others.map((zone, i): [Path, ZoneSpec] => [["exoscale", "other-zones", i], zone]),
  ];
}

function servedThings(world: WorldSpec): [Path, ServedSpec][] {
  return [
    ...zonesOf(world).flatMap(([path, { instances }]) =>
      instances.map((it, i): [Path, ServedSpec] => [[...path, "instances", i], it]),
    ),
    ...(world.cloud66?.stacks ?? []).map((it, i): [Path, ServedSpec] => [["cloud66", "stacks", i], it]),
  ];
}

function servedProblems(path: Path, thing: ServedSpec): RuleProblem[] {
  if (thing.serve !== null && thing.backend === null) {
    return [{ path: [...path, "serve"], message: "serve needs a backend to listen on" }];
  }
  if (thing.serve === null && thing.backend?.port === 0) {
    return [
      { path: [...path, "backend"], message: "port 0 needs serve: nobody else can tell the real port" },
    ];
  }
  return [];
}

function duplicates(world: WorldSpec): RuleProblem[] {
  const { exoscale, cloud66 } = world;
  const zones = zonesOf(world);
  return [
    ...repeated(
      "zone",
      zones.map(([path, { zone }]) => [[...path, "zone"], zone]),
    ),
    ...repeated(
      "name",
      servedThings(world).map(([path, thing]) => [[...path, "name"], thing.name]),
    ),
    ...repeated("key", listed(["exoscale", "api-keys"], "key", exoscale?.apiKeys)),
    ...repeated(
      "id",
      zones.flatMap(([path, { instances }]) => listed([...path, "instances"], "id", instances)),
    ),
    ...(["id", "ip"] as const).flatMap((key) =>
      repeated(
        key,
        zones.flatMap(([path, { elasticIps }]) => listed([...path, "elastic-ips"], key, elasticIps)),
      ),
    ),
    ...repeated("token", listed(["cloud66", "tokens"], "token", cloud66?.tokens)),
    ...repeated("uid", listed(["cloud66", "stacks"], "uid", cloud66?.stacks)),
    ...repeated("uid", listed(["cloud66", "failover-groups"], "uid", cloud66?.failoverGroups)),
  ];
}

function listed<K extends string>(
  path: Path,
  key: K,
  items: readonly { readonly [P in K]: string }[] | undefined,
): [Path, string][] {
  return (items ?? []).map((item, index) => [[...path, index, key], item[key]]);
}

function repeated(what: string, values: readonly (readonly [Path, string])[]): RuleProblem[] {
  const seen = new Set<string>();
  return values.flatMap(([path, value]) => {
    if (!seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [{ path, message: `${what} is used twice: ${value}` }];
  });
}

function holderProblems([at, zone]: [Path, ZoneSpec]): RuleProblem[] {
  return zone.elasticIps.flatMap((eip, index) => {
    const path = [...at, "elastic-ips", index, "holders"];
    const ids = eip.holders.map(
      (ref) => zone.instances.find(({ id, name }) => id === ref || name === ref)?.id,
    );
    return eip.holders.flatMap((ref, i) => {
      const message =
        ids[i] === undefined
          ? `no instance has this name or id: ${ref}`
          : ids.indexOf(ids[i]) < i
            ? `instance holds the address twice: ${ref}`
            : null;
      return message === null ? [] : [{ path: [...path, i], message }];
    });
  });
}

function groupProblems({ cloud66 }: WorldSpec): RuleProblem[] {
  if (cloud66 === null) return [];
  return cloud66.failoverGroups.flatMap((group, index) => {
    const path = ["cloud66", "failover-groups", index];
    const problems: RuleProblem[] = [];
    for (const side of ["primary", "secondary"] as const) {
      const ref = group[side];
      if (ref !== null && !cloud66.stacks.some(({ uid, name }) => uid === ref || name === ref)) {
        problems.push({ path: [...path, side], message: `no stack has this uid or name: ${ref}` });
      }
    }
    if (group[group.current] === null) {
      problems.push({
        path: [...path, "current"],
        message: `the current side has no stack: ${group.current}`,
      });
    }
    return problems;
  });
}

function portProblems(world: WorldSpec): RuleProblem[] {
  const listeners: [Path, Endpoint | null][] = [
    [["listen"], world.listen],
    ...servedThings(world)
      .filter(([, thing]) => thing.serve !== null)
      .map(([path, thing]): [Path, Endpoint | null] => [[...path, "backend"], thing.backend]),
    ...(world.exoscale?.elasticIps ?? []).map((it, i): [Path, Endpoint | null] => [
      ["exoscale", "elastic-ips", i, "forward"],
      it.forward,
    ]),
    ...(world.cloud66?.failoverGroups ?? []).map((it, i): [Path, Endpoint | null] => [
      ["cloud66", "failover-groups", i, "forward"],
      it.forward,
    ]),
  ];
  return repeated(
    "endpoint",
    listeners.flatMap(([path, at]) =>
      at === null || at.port === 0 ? [] : [[path, endpointText(at)] as const],
    ),
  );
}
