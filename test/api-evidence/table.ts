/** `docs/api-coverage.md`: every row of the two descriptions and the tests that show it. */
import { operations, type Cloud } from "./descriptions.ts";
import type { Client, Evidence } from "./evidence.ts";
import { rows, type Row } from "./rows.ts";

const intro = `# What the tests exercise of the two APIs

Made by \`npm run generate:coverage\`; do not edit. Every operation, parameter and field of Exoscale's API description
(\`test/fixtures/exoscale-openapi.json\`) and of what Cloud 66's pages say (\`test/fixtures/cloud66-openapi.json\`, in its three
forms), and every value of those fields that decide something, with a test in which it really went over the wire, in an
exchange that succeeded.

The evidence is recorded while the integration tests run (\`test/api-evidence/recorder.ts\`) and held against every later run: a
test fails that no longer shows what this page says, and so does one in which a simulated cloud answers other than its
description. A row without any test fails \`test/unit/docs/api-coverage.test.ts\`. That daemon tests which run at the same time
show more is not counted.

*failoverd*: asked by failoverd's own client. *other*: asked by the tests' own client, or by curl; where only this column
has a test, failoverd has no use for it. Numbers lead to the list of tests at the end.
`;

export function coverageTable(evidence: readonly Evidence[]): string {
  const number = new Map(evidence.map((each, index) => [each, index + 1]));
  const cell = (row: Row, client: Client): string => {
    const found = evidence.filter((each) => each.client === client && each.rows.includes(row.id));
    return found.map((each) => `[${number.get(each)}](#tests)`).join(" ");
  };
  const lines = (section: readonly Row[]): string[] => [
    "| | failoverd | other |",
    "|---|---|---|",
    ...section.map((row) => `| ${titleOf(row)} | ${cell(row, "failoverd")} | ${cell(row, "other")} |`),
  ];
  const part = (name: Cloud, section: string): string => {
    const here = rows.filter((row) => row.cloud === name && row.section === section);
    return [`### ${section}`, "", headingOf(name, section), "", ...lines(here), ""].join("\n");
  };
  const cloud = (name: Cloud, heading: string): string =>
    [`## ${heading}\n`, ...sectionsOf(name).map((section) => part(name, section))].join("\n");
  return [
    intro,
    cloud("exoscale", "Exoscale"),
    cloud("cloud66", "Cloud 66"),
    "## Tests",
    "",
    ...evidence.map(({ file, test }, index) => `${index + 1}. \`${file}\`: ${escaped(test)}`),
    "",
  ].join("\n");
}

/** @returns the rows that no test shows. */
export function emptyRows(evidence: readonly Evidence[]): readonly string[] {
  const shown = new Set(evidence.flatMap((each) => each.rows));
  return rows.map(({ id }) => id).filter((id) => !shown.has(id));
}

function sectionsOf(cloud: Cloud): readonly string[] {
  return [...new Set(rows.filter((row) => row.cloud === cloud).map(({ section }) => section))];
}

function headingOf(cloud: Cloud, section: string): string {
  const operation = operations.find((each) => each.cloud === cloud && each.id === section);
  return operation === undefined ? "What `get-operation` and every change answer." : `\`${operation.title}\``;
}

function titleOf({ what }: Row): string {
  return what === "" ? "**the operation**" : `\`${what}\``;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\`*_<>|[\]]/g, String.raw`\$&`);
}
