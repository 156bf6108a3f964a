/** `watch: true` in the real process: what is cut is looked at now, not when the next probe is due. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pace, TestCloud } from "./cloud.ts";
import { Failoverd, failoverd } from "./process.ts";

const processTimeoutMs = 60_000;
const slow = "interval: 60s, timeout: 5s, strikes-fail: 1, strikes-ok: 1";

async function metric(daemon: Failoverd, name: string): Promise<number> {
  const text = await (await fetch(`${await daemon.url()}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`failoverd_${name} `));
  return Number(line?.split(" ")[1]);
}

/** @returns once the metric says so. It is asked as often as the cloud answers one request. */
async function until(cloud: TestCloud, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await cloud.answersAfter(100);
}

test(
  "a holder that is killed is left within an interval of a minute, and a reload turns the watch off and forgets no health",
  { timeout: processTimeoutMs },
  async () => {
    await using cloud = await TestCloud.start();
    const config = cloud.variant(pace, `${slow}, watch: true`);
    const watched = readFileSync(config, "utf8");
    await using daemon = new Failoverd(["run", "--no-watch", "--config", config]);
    await daemon.url();
    const asked = ["--socket", `${cloud.stateDir}/control.sock`];
    // Who is not asked to probe now may wait for a minute for the first probes too.
    expect(await failoverd("probe-now", "web", ...asked)).toMatchObject({ code: 0 });
    await daemon.prints(/"rule":"steady"/);
    await until(cloud, async () => (await metric(daemon, "watches_open")) === 2);

    writeFileSync(config, watched.replace("watch: true", "watch: false"));
    expect(await failoverd("reload", ...asked)).toMatchObject({ code: 0 });
    await until(cloud, async () => (await metric(daemon, "watches_open")) === 0);
    expect(await metric(daemon, "watched_targets")).toBe(0);
    expect((await failoverd("status", ...asked)).stdout).not.toContain("unknown");

    writeFileSync(config, watched);
    expect(await failoverd("reload", ...asked)).toMatchObject({ code: 0 });
    expect(await failoverd("probe-now", "web", ...asked)).toMatchObject({ code: 0 });
    await until(cloud, async () => (await metric(daemon, "watches_open")) === 2);

    await cloud.kill("web-a");
    await cloud.untilHeldBy("web-b");
    await until(cloud, async () => (await metric(daemon, `watch_hints_total{outcome="fail"}`)) === 1);
    // The fail that moved the address is the one that the hint called for: there was no other.
    const fails = `probe_attempts_total{group="web",member="web-a",outcome="fail"}`;
    expect(await metric(daemon, fails)).toBe(1);
  },
);
