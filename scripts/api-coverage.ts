/**
 * Writes `test/fixtures/api-evidence.json` and `docs/api-coverage.md`: runs the integration tests that talk to the simulated
 * clouds, and keeps what they were seen to exercise. Fails when no test shows a part of the APIs. Takes about two minutes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { evidenceUrl, fewest, type Evidence } from "../test/api-evidence/evidence.ts";
import { coverageTable, emptyRows } from "../test/api-evidence/table.ts";

const folder = mkdtempSync(join(tmpdir(), "api-evidence-"));
try {
  // A test that fails has shown nothing, and is reported where the tests are run for their own sake.
  spawnSync("npx", ["vitest", "run", "--project", "integration"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, API_EVIDENCE: folder },
    stdio: ["ignore", "ignore", "ignore"],
  });

  const recorded = readdirSync(folder).flatMap(
    (name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Evidence[],
  );
  const evidence = fewest(recorded);
  writeFileSync(evidenceUrl, `${JSON.stringify(evidence, null, 1)}\n`);
  writeFileSync(new URL("../docs/api-coverage.md", import.meta.url), coverageTable(evidence));
  const empty = emptyRows(evidence);
  if (empty.length > 0) throw new Error(`No test shows ${empty.length} rows:\n${empty.join("\n")}`);
} finally {
  rmSync(folder, { recursive: true });
}
