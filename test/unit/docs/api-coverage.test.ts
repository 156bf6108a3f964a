/** The page about the APIs is what was recorded, and nothing of the APIs is without a test. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { operations } from "../../api-evidence/descriptions.ts";
import { fewest, loadEvidence } from "../../api-evidence/evidence.ts";
import { rows } from "../../api-evidence/rows.ts";
import { coverageTable, emptyRows } from "../../api-evidence/table.ts";

const root = new URL("../../../", import.meta.url);
const evidence = loadEvidence();

describe("docs/api-coverage.md", () => {
  test("is what `npm run generate:coverage` makes of the evidence", () => {
    expect(readFileSync(new URL("docs/api-coverage.md", root), "utf8")).toBe(coverageTable(evidence));
  });

  test("has a test for every row", () => {
    expect(emptyRows(evidence)).toEqual([]);
  });

  test("has only rows that are in the descriptions, and only test files that exist", () => {
    const ids = new Set(rows.map(({ id }) => id));
    expect(evidence.flatMap((each) => each.rows).filter((row) => !ids.has(row))).toEqual([]);
    expect(evidence.map(({ file }) => file).filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
  });

  test("has every operation, its fields, and every state and reason", () => {
    const ids = rows.map(({ id }) => id);
    for (const { cloud, id } of operations) expect(ids).toContain(`${cloud} ${id}`);
    expect(operations.filter(({ cloud }) => cloud === "exoscale")).toHaveLength(15);
    expect(operations.filter(({ cloud }) => cloud === "cloud66")).toHaveLength(14);
    expect(ids.filter((id) => id.startsWith("exoscale operation response state ="))).toHaveLength(4);
    expect(ids.filter((id) => id.startsWith("exoscale operation response reason ="))).toHaveLength(11);
    expect(ids).toContain("exoscale create-elastic-ip request healthcheck.strikes-fail");
    expect(ids).toContain("exoscale list-instances query ip-address");
    expect(ids).toContain("cloud66 list-failover-groups response response[].busy_toggling");
    expect(ids).not.toContain("exoscale list-instances response instances[].security-groups[].rules");
  });
});

describe("fewest()", () => {
  const of = (test: string, ...rows: string[]) => ({ client: "other" as const, file: "f", test, rows });

  test("keeps each row with one test, the tests with the most first", () => {
    expect(fewest([of("a", "1"), of("b", "2", "1", "3"), of("c", "4", "3")])).toEqual([
      of("b", "1", "2", "3"),
      of("c", "4"),
    ]);
  });

  test("keeps a row for each client", () => {
    const own = { ...of("a", "1"), client: "failoverd" as const };
    expect(fewest([own, of("b", "1")])).toEqual([own, of("b", "1")]);
  });
});
