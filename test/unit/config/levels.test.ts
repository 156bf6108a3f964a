import { describe, expect, test } from "vitest";
import type { Target } from "../../../src/core/target.ts";
import { isProbed } from "../../../src/config/stored-healthcheck.ts";
import { exoscale, load, parse, texts } from "./sample.ts";

/** The file with a healthcheck on each level, `null` for none. */
function withLevels(defaults: string | null, group: string | null, member: string | null): string {
  return exoscale
    .replace("groups:", defaults === null ? "groups:" : `defaults:\n  healthcheck: ${defaults}\ngroups:`)
    .replace(
      "    healthcheck: { mode: http, port: 80, uri: /healthz }\n",
      group === null ? "" : `    healthcheck: ${group}\n`,
    )
    .replace(
      "host: 10.0.0.11",
      member === null ? "host: 10.0.0.11" : `host: 10.0.0.11, healthcheck: ${member}`,
    );
}

const targets = (text: string): readonly (Target | undefined)[] =>
  load(text).groups[0]?.members.flatMap((member) => (isProbed(member) ? member.target : [])) ?? [];

describe("levels of a healthcheck", () => {
  test("member goes before group, group before defaults, defaults before what is built in", () => {
    const [a, b] = targets(
      withLevels(
        "{ mode: http, port: 80, uri: /d, strikes-ok: 5, strikes-fail: 5, interval: 20s }",
        "{ uri: /g, strikes-ok: 6 }",
        "{ uri: /m }",
      ),
    );
    expect(a).toMatchObject({
      http: { uri: "/m" },
      strikesOk: 6,
      strikesFail: 5,
      intervalMs: 20_000,
      timeoutMs: 2_000,
    });
    expect(b).toMatchObject({ http: { uri: "/g" }, strikesOk: 6, strikesFail: 5 });
  });

  test("a key of http from an outer level is dropped when the mode becomes tcp", () => {
    const [a, b] = targets(withLevels("{ mode: http, port: 80, uri: /d }", null, "{ mode: tcp, port: 22 }"));
    expect(a).toMatchObject({ mode: "tcp", http: null });
    expect(b).toMatchObject({ mode: "http", http: { uri: "/d" } });
  });

  test("a key of http beside or below mode tcp is an error", () => {
    expect(texts(parse(withLevels("{ mode: tcp, port: 80 }", null, "{ uri: /m }")))[0]).toContain(
      "uri needs mode http",
    );
  });

  test.each([
    ["all members by defaults", "from-elastic-ip", null, null, ["stored", "stored"]],
    ["all members by their group", "{ mode: tcp, port: 22 }", "from-elastic-ip", null, ["stored", "stored"]],
    ["one member", null, "{ mode: tcp, port: 22 }", "from-elastic-ip", ["stored", "tcp 22"]],
    [
      "no member of a group with its own",
      "from-elastic-ip",
      "{ mode: tcp, port: 22 }",
      null,
      ["tcp 22", "tcp 22"],
    ],
    [
      "all but a member with its own",
      null,
      "from-elastic-ip",
      "{ mode: tcp, port: 22 }",
      ["tcp 22", "stored"],
    ],
  ])("from-elastic-ip stands for the healthcheck of %s", (_, defaults, group, member, wanted) => {
    const { members } = load(withLevels(defaults, group, member)).groups[0]!;
    const found = members.map((each) =>
      isProbed(each) ? `${each.target.mode} ${each.target.port}` : "stored",
    );
    expect(found).toEqual(wanted);
  });

  test("from-elastic-ip replaces what is written further out, so that nothing of it is merged", () => {
    const text = withLevels("{ uri: /d, interval: 30s }", "from-elastic-ip", "{ mode: http, port: 81 }");
    expect(targets(text)[0]).toMatchObject({ intervalMs: 10_000, http: { uri: "/" } });
    const half = withLevels("{ mode: http, port: 80 }", "from-elastic-ip", "{ uri: /m }");
    expect(texts(parse(half)).join()).toContain("the healthcheck has no mode: wanted tcp, http or https");
  });

  test("headers of a nearer level replace those of the outer one", () => {
    const [a] = targets(
      withLevels("{ mode: http, port: 80, uri: /d, headers: { A: a } }", null, "{ headers: { B: b } }"),
    );
    expect(a?.http?.headers).toEqual({ b: "b" });
  });

  test("a problem in defaults that all members share is told once", () => {
    const said = texts(
      parse(withLevels("{ mode: http, port: 80, uri: /d, interval: 1s, timeout: 2s }", null, null)),
    );
    expect(said.filter((line) => line.includes("must be shorter"))).toEqual([
      "Cannot load config: timeout must be shorter than interval: 2s >= 1s (failoverd.yaml:5:63)",
    ]);
  });

  test("policy of a group goes before that of defaults", () => {
    const text = withLevels(null, "{ mode: tcp, port: 22 }", null)
      .replace("groups:", "defaults: { mode: shadow, failback: { after: 30m }, limit: 5/1h }\ngroups:")
      .replace("provider: exo", "provider: exo\n    failback: never\n    hold-down: 1m");
    expect(load(text).groups[0]?.policy).toMatchObject({
      mode: "shadow",
      failbackAfterMs: null,
      holdDownMs: 60_000,
      limit: { moves: 5, windowMs: 3_600_000 },
    });
  });
});
