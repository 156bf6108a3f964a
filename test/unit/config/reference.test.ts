import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseDocument, visit } from "yaml";
import { parseConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import { resolveReference } from "../../../src/config/reference.ts";
import { exoscale, load, parse, readFile, texts } from "./sample.ts";

describe("resolveReference()", () => {
  test("leaves a text without a reference alone", () => {
    for (const text of ["", "plain", "$HOME", "a ${b} c", "$ {env:X}"]) {
      expect(resolveReference(text, {}, readFile)).toEqual({ kind: "plain" });
    }
  });

  test("trims one line break at the end of a file, of either kind", () => {
    for (const [content, value] of [
      ["a\n", "a"],
      ["a\r\n", "a"],
      ["a\n\n", "a\n"],
      ["a ", "a "],
    ] as const) {
      expect(resolveReference("${file:/x}", {}, () => content)).toEqual({ kind: "resolved", value });
    }
  });

  test("knows only what the environment itself has", () => {
    expect(resolveReference("${env:toString}", {}, readFile)).toMatchObject({ kind: "broken" });
    expect(resolveReference("${env:__proto__}", {}, readFile)).toMatchObject({ kind: "broken" });
  });

  test("does not tell what a failing read said", () => {
    const read = () => {
      throw new Error("content of the file");
    };
    const resolution = resolveReference("${file:/x}", {}, read);
    expect(resolution).toEqual({
      kind: "broken",
      rule: "reference-unresolved",
      text: "the file /x cannot be read: reading failed",
    });
  });
});

describe("references in a file", () => {
  test("stand for a number, a duration, a truth value or text, as the place wants", () => {
    const text = exoscale.replace(
      "{ mode: http, port: 80, uri: /healthz }",
      '{ mode: "${env:MODE}", port: "${env:PORT}", uri: "${env:URI}", interval: "${env:INTERVAL}", tls-skip-verify: "${env:SKIP}", expect-status: ["${env:STATUS}"] }',
    );
    const more = { MODE: "https", PORT: "8443", URI: "/up", INTERVAL: "20", SKIP: "true", STATUS: "204" };
    expect(load(text, more).groups[0]?.members[0]?.target).toMatchObject({
      mode: "https",
      port: 8443,
      http: { uri: "/up", expectStatus: [{ from: 204, to: 204 }] },
      tls: { skipVerify: true },
      intervalMs: 20_000,
    });
  });

  test("are not expanded twice", () => {
    const config = load(exoscale, { KEY: "${env:TOKEN}" });
    expect(config.providers[0]?.type === "exoscale" && config.providers[0].apiKey.reveal()).toBe(
      "${env:TOKEN}",
    );
  });

  test("that lead nowhere do not hide other problems", () => {
    const said = texts(parse(exoscale.replace("${env:KEY}", "${env:NONE}").replace("name: b", "name: a")));
    expect(said).toHaveLength(2);
    expect(said[0]).toContain("the environment variable NONE is not set");
    expect(said[1]).toContain("name must be unique");
  });

  const example = readFileSync(new URL("../../../config/failoverd.example.yaml", import.meta.url), "utf8");

  test.each(["canary-7f3a", "http://canary:7f3a@canary-7f3a.example/", "7.3"])(
    "never show their value in a message, whatever the place: %j",
    (canary) => {
      let places = 0;
      for (let place = 0; ; place += 1) {
        const doc = parseDocument(example);
        let seen = -1;
        visit(doc, {
          Scalar(key, node) {
            if (key !== "key" && (seen += 1) === place) node.value = "${env:CANARY}";
          },
        });
        if (seen < place) break;
        places += 1;
        const env = { EXOSCALE_API_KEY: "k", CLOUD66_ACCESS_TOKEN: "t", CANARY: canary };
        const result = parseConfig(String(doc), "f.yaml", env, () => "secret\n");
        const said = ("ok" in result ? result.warnings : result.problems).map((p) =>
          formatProblem(p, "f.yaml"),
        );
        expect(said.filter((line) => line.includes(canary.trim()) || line.includes("7f3a"))).toEqual([]);
      }
      expect(places).toBeGreaterThan(40);
    },
  );
});
