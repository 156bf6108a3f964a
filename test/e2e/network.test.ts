/** The real process in a network namespace of its own, whose network is cut: altogether, to the cloud only, to the holder only. */
import { describe, expect, test } from "vitest";
import { CutOffWorld, strikesFail } from "./cut-off-world.ts";
import { lacks } from "./packaging-parts.ts";

const processTimeoutMs = 60_000;

const moved = ["web-a -> web-a, web-b", "web-a, web-b -> web-b"];

describe
  .skipIf(lacks("ip", "nft", "sysctl", "curl", "permission for network namespaces"))
  .concurrent("the daemon whose network is cut", { timeout: processTimeoutMs }, () => {
    test("altogether: it doubts its uplink, counts nothing against anybody, and moves nothing", async () => {
      await using world = await CutOffWorld.start();
      const { daemon } = world;
      await world.cut(`oifname wire drop`);
      await daemon.prints(/"cause":"uplink".*too few canaries answer.*\(0 of 1 needed\)/);
      // Long enough for every strike that would be needed.
      await daemon.prints(new RegExp(`(?:web-a: inconclusive \\(distrusted\\)[^]*){${strikesFail + 1}}`));
      expect(daemon.printed).not.toMatch(/is unhealthy|: begun/);
      expect([world.changes(), await world.changesAsked()]).toEqual([[], 0]);
    });

    test("to the cloud only: a dead holder is not moved off while the cloud cannot be asked, and then it is", async () => {
      await using world = await CutOffWorld.start();
      const { daemon } = world;
      await world.cut("tcp dport 9790 reject with tcp reset");
      await world.kill("web-a");
      await daemon.prints(
        /web-a is unhealthy[^]*"rule":"truth-unknown".*the provider could not say who holds the address/,
      );
      expect([world.changes(), await world.changesAsked()]).toEqual([[], 0]);
      await world.mend();
      await daemon.prints(/move \(failover\) from web-a to web-b: completed/);
      expect([world.changes(), await world.changesAsked()]).toEqual([moved, 2]);
      expect(daemon.printed).not.toContain('"cause":"uplink"');
    });

    test("to the holder only: it fails over", async () => {
      await using world = await CutOffWorld.start();
      const { daemon } = world;
      await world.cut("ip daddr 10.231.0.11 drop");
      await daemon.prints(/move \(failover\) from web-a to web-b: completed/);
      expect(daemon.printed).toContain(
        "web-a is unhealthy: 10 consecutive fails, the last: did not accept the connection in time",
      );
      expect([world.changes(), await world.changesAsked()]).toEqual([moved, 2]);
    });
  });
