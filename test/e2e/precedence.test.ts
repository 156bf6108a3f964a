/** The thread that probes goes before the other threads of the process, where that is permitted. */
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { describe, expect, test } from "vitest";
import { TestCloud } from "./cloud.ts";
import { lacks } from "./packaging-parts.ts";
import { Failoverd } from "./process.ts";

/** As whoever has no right to go first. */
const unprivileged = ["prlimit", "--nice=0", "setpriv", "--inh-caps=-sys_nice", "--bounding-set=-sys_nice"];

describe.skipIf(lacks("root", "setpriv", "prlimit"))("the nice value of the probe thread", () => {
  test.each([
    ["-10 for root", [], -10],
    ["as that of the others where it is not permitted", unprivileged, getPriority()],
  ])("is %s, and it probes", { timeout: 60_000 }, async (_, through, niceValue) => {
    await using cloud = await TestCloud.start();
    await using daemon = new Failoverd(["run", "--config", cloud.configFile], { through });
    await daemon.prints(/"msg":"web-a holds the address and is healthy"/);
    // On a machine that makes probes late all the same it does not go first for that second.
    await expect.poll(() => niceValues(daemon.pid).get("probes"), { timeout: 20_000 }).toBe(niceValue);
    const others = niceValues(daemon.pid);
    others.delete("probes");
    expect(new Set(others.values())).toEqual(new Set([getPriority()]));
  });
});

/** @returns those of its threads, by their names. */
function niceValues(pid: number): Map<string, number> {
  const folder = `/proc/${pid}/task`;
  return new Map(
    readdirSync(folder).map((id) => {
      const stat = readFileSync(`${folder}/${id}/stat`, "utf8");
      // From the third field on, since the second one is the name: it may have blanks and brackets.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [readFileSync(`${folder}/${id}/comm`, "utf8").trim(), Number(fields[16])];
    }),
  );
}
