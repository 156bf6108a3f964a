/** The real process while its own machine fails it: it is stopped, its clocks jump, its disk is full. */
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pace, TestCloud } from "./cloud.ts";
import { FakedTime } from "./faked-time.ts";
import { lacks, must } from "./packaging-parts.ts";
import { Failoverd } from "./process.ts";

const processTimeoutMs = 60_000;

const strikesFail = 20;
/** So many strikes that something can happen between two of them: two seconds from the first to the last. */
const patientPace = pace.replace("strikes-fail: 3", `strikes-fail: ${strikesFail}`);

const debug = (config: string): string[] => ["run", "--config", config, "--log-level", "debug"];

const twoStrikes = /(web-a: fail.*\n[^]*){2}/;

describe.concurrent("the process stands still", { timeout: processTimeoutMs }, () => {
  test("stopped and continued: trust is lost and comes back, no strike counts, and nothing moves", async () => {
    await using cloud = await TestCloud.start();
    await using daemon = new Failoverd(debug(cloud.variant(pace, patientPace)));
    await daemon.prints(/"rule":"steady"/);
    await cloud.kill("web-a");
    await daemon.prints(twoStrikes);
    daemon.kill("SIGSTOP");
    // More than the six seconds from which a silence of the process is a gap.
    await cloud.answersAfter(7_000);
    await cloud.revive("web-a");
    daemon.kill("SIGCONT");
    const [story] = await daemon.prints(/"cause":"gap"[^]*we trust our own probes again[^]*"rule":"steady"/);
    expect(story).not.toMatch(/web-a is unhealthy|: begun/);
    expect(story).toContain("web-a is healthy: 2 consecutive passes");
    expect([cloud.record, cloud.changesAsked]).toEqual([["web-a"], 0]);
  });

  test.skipIf(lacks("faketime"))(
    "paused for a minute: the strikes from before are void, and a holder that is dead is moved off on new ones only",
    async () => {
      await using cloud = await TestCloud.start();
      const time = new FakedTime(join(cloud.folder, "time"), "wall and monotonic");
      await using daemon = new Failoverd(debug(cloud.variant(pace, patientPace)), { env: time.env });
      await daemon.prints(/"rule":"steady"/);
      await cloud.kill("web-a");
      await daemon.prints(twoStrikes);
      time.setTo(60);
      const [story] = await daemon.prints(/"cause":"gap"[^]*move \(failover\)[^]*: completed/);
      const [paused, after] = story.split("we trust our own probes again");
      expect(paused).toMatch(/this process stood still \(for \d+\.\d s\)/);
      expect(paused).not.toMatch(/web-a: fail|web-a is unhealthy|: begun/);
      const [evidence = ""] = after?.split("web-a is unhealthy") ?? [];
      expect(evidence.match(/web-a: fail/g)).toHaveLength(strikesFail);
      expect(cloud.record).toEqual(["web-a", "web-a+web-b", "web-b"]);
      expect(cloud.changesAsked).toBe(2);
    },
  );
});

describe.concurrent("the wall clock steps by an hour", { timeout: processTimeoutMs }, () => {
  test.skipIf(lacks("faketime")).each([3_600, -3_600])(
    "by %d s and back: each is a cause clock, nothing moves while the cloud refuses our signatures, and then all is well",
    async (seconds) => {
      await using cloud = await TestCloud.start();
      const time = new FakedTime(join(cloud.folder, "time"), "wall");
      await using daemon = new Failoverd(["run", "--config", cloud.configFile], { env: time.env });
      await daemon.prints(/"rule":"steady"/);

      time.setTo(seconds);
      await daemon.prints(/"cause":"clock"[^]*we trust our own probes again[^]*"rule":"truth-unknown"/);
      expect(cloud.lastRequest).toMatchObject({ status: 403 });
      await cloud.kill("web-a");
      await daemon.prints(/web-a is unhealthy/);
      await cloud.until("a refused reading after the verdict", () => cloud.lastRequest?.status === 403);
      expect([cloud.record, cloud.changesAsked]).toEqual([["web-a"], 0]);
      await cloud.revive("web-a");

      time.setTo(0);
      await daemon.prints(/(?:"cause":"clock"[^]*we trust our own probes again[^]*){2}"rule":"steady"/);
      expect([cloud.record, cloud.changesAsked]).toEqual([["web-a"], 0]);
      await cloud.kill("web-a");
      await daemon.prints(/move \(failover\) from web-a to web-b: completed/);
      expect(cloud.record).toEqual(["web-a", "web-a+web-b", "web-b"]);
    },
  );
});

describe.concurrent("the disk is full", { timeout: processTimeoutMs }, () => {
  test.skipIf(lacks("mount", "permission to mount"))(
    "the journal goes on in memory, which is said, and probes and moves go on too",
    async () => {
      await using cloud = await TestCloud.start();
      await using disk = await smallDisk(cloud.stateDir);
      await using daemon = new Failoverd(["run", "--config", cloud.configFile]);
      await daemon.prints(/"rule":"steady"/);
      disk.fill();
      await cloud.kill("web-a");
      await daemon.prints(/the journal goes on in memory, so a restart forgets it: .*the disk is full/);
      await daemon.prints(/move \(failover\) from web-a to web-b: completed/);
      expect(cloud.record).toEqual(["web-a", "web-a+web-b", "web-b"]);
      await cloud.revive("web-a");
      await daemon.prints(/web-a is unhealthy[^]*web-a is healthy: 2 consecutive passes/);
    },
  );

  test.skipIf(lacks("mount", "permission to mount"))(
    "a stop brings what is only in memory to the disk, if there is room again: the next one knows the hold-down",
    async () => {
      await using cloud = await TestCloud.start();
      await using disk = await smallDisk(cloud.stateDir);
      const patient = cloud.variant("hold-down: 5s", "hold-down: 10m");
      await using daemon = new Failoverd(["run", "--config", patient]);
      await daemon.prints(/"rule":"steady"/);
      disk.fill();
      await cloud.kill("web-a");
      await daemon.prints(/the disk is full[^]*move \(failover\) from web-a to web-b: completed/);
      disk.empty();
      daemon.kill("SIGTERM");
      expect(await daemon.ended()).toMatchObject({ code: 0 });
      await cloud.revive("web-a");
      await cloud.kill("web-b");
      await using next = new Failoverd(["run", "--config", patient]);
      await next.prints(/"rule":"hold-down"/);
      expect(cloud.record).toEqual(["web-a", "web-a+web-b", "web-b"]);
    },
  );
});

interface SmallDisk extends AsyncDisposable {
  fill(): void;
  empty(): void;
}

/** A disk of 1 MB at `path`. */
async function smallDisk(path: string): Promise<SmallDisk> {
  mkdirSync(path, { recursive: true });
  await must("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]);
  const ballast = join(path, "ballast");
  return {
    fill: () => {
      expect(() => {
        for (;;) appendFileSync(ballast, Buffer.alloc(4_096));
      }).toThrow("ENOSPC");
    },
    empty: () => rmSync(ballast),
    [Symbol.asyncDispose]: async () => {
      await must("umount", ["--lazy", path]);
    },
  };
}
