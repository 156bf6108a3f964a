import { describe, expect, test } from "vitest";
import { diffConfigs, effects, groupsText } from "../../../src/config/diff.ts";
import { publicConfig } from "../../../src/config/public.ts";
import { Members } from "../../../src/daemon/members.ts";
import type { Config } from "../../../src/config/config.ts";
import { exoscale, load } from "./sample.ts";

/** @returns the changes as text, by replacing one thing after the other in the file. */
function changes(...edits: readonly (readonly [from: string, to: string])[]): readonly string[] {
  return diffConfigs(load(exoscale), edited(...edits)).map(
    ({ place, before, after, effect }) => `${place}: ${before} > ${after}: ${effect}`,
  );
}

function edited(...edits: readonly (readonly [from: string, to: string])[]): Config {
  return load(
    edits.reduce((text, [from, to]) => {
      expect(text).toContain(from);
      return text.replace(from, to);
    }, exoscale),
  );
}

const memberA = "{ name: a, instance: 6b1c2a34-0c1f-4d1e-9a55-3f0f8e7d1a01, host: 10.0.0.11 }";

describe("diffConfigs()", () => {
  test("finds nothing between a config and itself, also as it is shown", () => {
    expect(changes()).toEqual([]);
    expect(diffConfigs(publicConfig(load(exoscale)), publicConfig(load(exoscale)))).toEqual([]);
  });

  test("finds nothing between two configs that follow the Elastic IP", () => {
    const follows = () => edited(["{ mode: http, port: 80, uri: /healthz }", "from-elastic-ip"]);
    expect(diffConfigs(publicConfig(follows()), publicConfig(follows()))).toEqual([]);
  });

  test.each<readonly [string, readonly (readonly [string, string])[], readonly string[]]>([
    [
      "a member that is probed otherwise starts at unknown, the other keeps its health",
      [["host: 10.0.0.11 }", "host: 10.0.0.11, healthcheck: { interval: 30s } }"]],
      [`groups.web.members.a.healthcheck.interval: 10s > 30s: ${effects.memberUnknown}`],
    ],
    [
      "a member that follows the Elastic IP from now on starts at unknown",
      [["host: 10.0.0.11 }", "host: 10.0.0.11, identity: x, healthcheck: from-elastic-ip }"]],
      [
        `groups.web.members.a.identity: a > x: ${effects.memberUnknown}`,
        `groups.web.members.a.healthcheck: http://10.0.0.11:80/healthz > 10.0.0.11 from-elastic-ip: ${effects.memberUnknown}`,
      ],
    ],
    [
      "policy counts from the next decision on",
      [["provider: exo\n", "provider: exo\n    hold-down: 7m\n    mode: shadow\n"]],
      [
        `groups.web.mode: auto > shadow: ${effects.decisions}`,
        `groups.web.hold-down: 5m > 7m: ${effects.decisions}`,
      ],
    ],
    [
      "what the process settles at its start",
      [["providers:", "listen: 127.0.0.1:9\nproviders:"]],
      [`listen.port: 9787 > 9: ${effects.settled}`],
    ],
    [
      "another zone is another address",
      [["zone: ch-gva-2", "zone: ch-dk-2"]],
      [
        `providers.exo.zone: ch-gva-2 > ch-dk-2: ${effects.now}`,
        `providers.exo.endpoint: https://api-ch-gva-2.exoscale.com/v2 > https://api-ch-dk-2.exoscale.com/v2: ${effects.now}`,
        `groups.web: 198.51.100.7 with a, b > 198.51.100.7 with a, b: ${effects.groupOther}`,
      ],
    ],
    [
      "a group under another name is let go, and another begins",
      [["  web:", "  shop:"]],
      [
        `groups.shop: null > 198.51.100.7 with a, b: ${effects.groupAdded}`,
        `groups.web: 198.51.100.7 with a, b > null: ${effects.groupLeft}`,
      ],
    ],
    [
      "another order of preference",
      [
        [`      - ${memberA}\n`, ""],
        ["10.0.0.12 }\n", `10.0.0.12 }\n      - ${memberA}\n`],
      ],
      [`groups.web.members: a, b > b, a: ${effects.decisions}`],
    ],
    [
      "values of headers are not shown",
      [["uri: /healthz", "uri: /healthz, headers: { authorization: sesame }"]],
      ["a", "b"].map(
        (name) =>
          `groups.web.members.${name}.healthcheck.http.headers:  > authorization: ${effects.memberUnknown}`,
      ),
    ],
    [
      "a watch changes when it is probed, and nothing that is known",
      [["uri: /healthz", "uri: /healthz, watch: true"]],
      ["a", "b"].map((name) => `groups.web.members.${name}.healthcheck.watch: false > true: ${effects.now}`),
    ],
    ["credentials are not compared", [["${env:KEY}", "EXO-other"]], []],
  ])("%s", (_, edits, wanted) => {
    expect(changes(...edits)).toEqual(wanted);
  });

  test("says that a member starts at unknown exactly when the daemon forgets it", () => {
    const edits: readonly (readonly [string, string])[][] = [
      [["host: 10.0.0.11", "host: 10.0.0.13"]],
      [["host: 10.0.0.11 }", "host: 10.0.0.11, healthcheck: { strikes-fail: 5 } }"]],
      [["provider: exo\n", "provider: exo\n    hold-down: 7m\n"]],
      [["host: 10.0.0.11 }", "host: 10.0.0.11, healthcheck: { watch: true } }"]],
    ];
    for (const edit of edits) {
      const [before, after] = [load(exoscale), edited(...edit)];
      const members = new Members(before.groups[0]!.members, 0);
      const pass = {
        outcome: "pass",
        cause: "ok",
        detail: "",
        address: null,
        durationMs: 1,
        phases: {},
      } as never;
      for (const name of ["a", "b"]) for (let i = 0; i < 2; i++) members.observe(name, pass, i);
      members.adopt(after.groups[0]!.members, 10);
      const forgotten = members
        .facts(10, () => ({ drained: null, forced: null }))
        .filter(({ health }) => health.health === "unknown")
        .map(({ name }) => name);
      const told = diffConfigs(before, after)
        .filter(({ effect }) => effect === effects.memberUnknown)
        .map(({ place }) => place.split(".")[3]);
      expect([...new Set(told)]).toEqual(forgotten);
    }
  });
});

test("publicConfig() holds no secret", () => {
  const config = edited(["uri: /healthz", "uri: /healthz, headers: { authorization: sesame }"]);
  const text = JSON.stringify(publicConfig(config));
  for (const secret of ["EXO-key", "exo-secret", "sesame"]) expect(text).not.toContain(secret);
  expect(text).toContain("198.51.100.7");
});

test("groupsText() names the groups that a change is about", () => {
  const before = load(exoscale);
  expect(groupsText(before, before)).toBe("no group changed");
  expect(groupsText(before, edited(["host: 10.0.0.11", "host: 10.0.0.13"]))).toBe("web changed");
  expect(groupsText(before, edited(["  web:", "  shop:"]))).toBe("shop added, web left");
  const headers = edited(["uri: /healthz", "uri: /healthz, headers: { x-a: one }"]);
  const others = edited(["uri: /healthz", "uri: /healthz, headers: { x-a: two }"]);
  expect(groupsText(headers, others)).toBe("web changed");
});
