/** The standing orders on a disk that becomes full, in a process of its own: only there can the size of files be limited. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { OrderFile } from "../../../src/daemon/order-file.ts";
import type { StoredOrder } from "../../../src/daemon/orders.ts";

const source = new URL("../../../src/daemon/order-file.ts", import.meta.url).href;

test("orders of which only a part fits on the disk are not saved, and those from before are still there", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "failoverd-orders-"));
  const orders = Array.from({ length: 20 }, (_, i): StoredOrder => ({
    subject: { kind: "drain", group: "web", member: `web-${i}` },
    by: "ann",
    reason: "disk swap ".repeat(40),
    givenWallMs: 1,
    untilWallMs: null,
  }));
  const parts = { stateDir, wallNow: () => 1, onNotice: (text: string) => expect(text).toBe("") };
  const file = new OrderFile(parts);
  expect(file.save(orders.slice(0, 1))).toBeNull();
  const script = `
    import { OrderFile } from ${JSON.stringify(source)};
    const file = new OrderFile({ stateDir: ${JSON.stringify(stateDir)}, wallNow: () => 1, onNotice: () => {} });
    console.log(file.save(${JSON.stringify(orders)}));
  `;
  // In units of 512 or 1,024 bytes, by the shell.
  const limited = [
    "-c",
    'ulimit -f 4 && exec "$@"',
    "sh",
    process.execPath,
    "--input-type=module",
    "-e",
    script,
  ];
  const { stdout } = await promisify(execFile)("sh", limited);
  expect(stdout).toMatch(/^Cannot write .*orders\.json: EFBIG/);
  expect(file.load()).toEqual(orders.slice(0, 1));
  rmSync(stateDir, { recursive: true });
});
