/** `failoverd events` against the real daemon: what it prints, over a restart and from another machine, and how it ends. */
import { describe, expect, test } from "vitest";
import { Controlled } from "./controlled.ts";
import { Failoverd, failoverd } from "./process.ts";

const processTimeoutMs = 60_000;

describe("failoverd events", () => {
  test(
    "prints what the daemon keeps and ends, as text for a terminal and as JSON",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      await stage.run("pause", "web", "--for", "1h", "--reason", "upgrade", "--by", "ann");
      const { code, stdout, stderr } = await stage.run("events");
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^\d{4}-\d\d-\d\d\n(\d\d:\d\d:\d\d {2}web {4}.*\n)+/);
      expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}web {4}ann pauses web for 1h: upgrade$/m);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);

      const json = await stage.run("events", "--json", "--types", "order", "--group", "web");
      expect(JSON.parse(json.stdout)).toMatchObject({
        type: "order",
        group: "web",
        text: "ann pauses web for 1h: upgrade",
        act: "pause",
      });
      const unknown = await stage.run("events", "--group", "nowhere");
      expect([unknown.code, unknown.stderr]).toEqual([
        3,
        "There is no group nowhere; there are web (refused by the rule unknown)\n",
      ]);
      const wrong = await stage.run("events", "--types", "probe");
      expect([wrong.code, wrong.stderr]).toEqual([
        2,
        expect.stringContaining("types must be types of events"),
      ]);
    },
  );

  test(
    "--follow goes on over a restart of the daemon, says what it missed, and ends with 0 on Ctrl-C",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      await using follower = new Failoverd(["events", "--follow", "--socket", stage.socket]);
      await follower.prints(/web-a holds the address and is healthy/);
      await stage.run("pause", "web", "--for", "1h", "--reason", "first", "--by", "ann");
      await follower.prints(/ann pauses web for 1h: first/);
      await stage.restart();
      await stage.run("pause", "web", "--for", "1h", "--reason", "second", "--by", "ann");
      await follower.prints(/ann pauses web for 1h: second/);
      follower.kill("SIGINT");
      const { code, stdout, stderr } = await follower.ended();
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /^Cut off from the daemon on .*\nConnected again\nThe daemon was started anew after event .* is in failoverd history\n$/,
      );
      expect(stdout.match(/ann pauses web for 1h: first/g)).toHaveLength(1);
    },
  );

  test("are what history --follow goes on with", { timeout: processTimeoutMs }, async () => {
    await using stage = await Controlled.start();
    await stage.run("pause", "web", "--for", "1h", "--reason", "first", "--by", "ann");
    await using follower = new Failoverd(["history", "web", "--follow", "--socket", stage.socket]);
    await follower.prints(/ann pauses web for 1h: first/);
    await stage.run("pause", "web", "--for", "1h", "--reason", "second", "--by", "ann");
    await follower.prints(/ann pauses web for 1h: second/);
    follower.kill("SIGINT");
    const { code, stdout, stderr } = await follower.ended();
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.match(/ann pauses web/g)).toHaveLength(2);
    const until = await stage.run("history", "--follow", "--until", "1h");
    expect([until.code, until.stderr]).toEqual([2, expect.stringContaining("exclude each other")]);
  });

  test(
    "are read from another machine with a URL, and only with a token once there is one",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      const url = await stage.daemon.url();
      const far = await failoverd("events", "--types", "transition", "--json", "--url", url);
      expect(far.code).toBe(0);
      expect(far.stdout).toContain('"text":"web-a is healthy: ');
      const refused = await failoverd("pause", "web", "--for", "1h", "--reason", "x", "--url", url);
      expect([refused.code, refused.stderr]).toEqual([
        3,
        expect.stringContaining("Orders over TCP are off, since the config has no token"),
      ]);
      const both = await failoverd("status", "--url", url, "--socket", stage.socket);
      expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("exclude each other")]);
    },
  );
});
