/**
 * Which test shows which rows: recorded when the tests ran, kept in the repository, and held against every later run. So
 * that the file stays short, it has only as many tests as are needed to show everything.
 */
import { readFileSync } from "node:fs";

/** Who asked: failoverd's own clients, or another client, such as the tests' own or curl. */
export type Client = "failoverd" | "other";

/** One test, and the rows that it shows. */
export interface Evidence {
  readonly client: Client;
  /** Path from the root of the repository. */
  readonly file: string;
  /** Name with those of its suites. */
  readonly test: string;
  /** Ids, sorted. */
  readonly rows: readonly string[];
}

export const evidenceUrl: URL = new URL("../fixtures/api-evidence.json", import.meta.url);

export function loadEvidence(): readonly Evidence[] {
  return JSON.parse(readFileSync(evidenceUrl, "utf8")) as Evidence[];
}

/** @returns as few tests as show, for each client, all that it was seen to do; each row is kept with one of them. */
export function fewest(all: readonly Evidence[]): readonly Evidence[] {
  return (["failoverd", "other"] as const).flatMap((client) => {
    const own = all.filter((each) => each.client === client);
    const left = new Set(own.flatMap((each) => each.rows));
    const chosen: Evidence[] = [];
    while (left.size > 0) {
      const adds = ({ rows }: Evidence): number => rows.filter((row) => left.has(row)).length;
      const [best] = own.toSorted((a, b) => adds(b) - adds(a) || order(a, b));
      if (best === undefined) break;
      chosen.push({ ...best, rows: best.rows.filter((row) => left.has(row)).toSorted() });
      for (const row of best.rows) left.delete(row);
    }
    return chosen.sort(order);
  });
}

function order(a: Evidence, b: Evidence): number {
  const [one, two] = [a, b].map(({ file, test }) => `${file} ${test}`);
  return String(one) < String(two) ? -1 : 1;
}
