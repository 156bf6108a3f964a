/** The commands of people against the real daemon: what they print, what they change, and how they end. */
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { apiSecret } from "./cloud.ts";
import { Controlled } from "./controlled.ts";
import { Failoverd, failoverd } from "./process.ts";

const processTimeoutMs = 60_000;

describe("the commands of people", () => {
  test(
    "switchover: moves the address of a living holder and sees it through, also while paused; never to a dead member",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      await stage.run("pause", "--for", "1h", "--reason", "maintenance", "--by", "bob");
      const moved = await stage.run("switchover", "web", "--reason", "upgrade of web-a", "--by", "ann");
      expect(moved.stderr).toBe("");
      expect(moved.stdout).toMatch(
        /^Would move web from web-a to web-b: attach web-b, then detach web-a\nann moves web from web-a to web-b: upgrade of web-a\n[^]*\nweb-b holds the address\n$/,
      );
      expect(moved.code).toBe(0);
      expect(stage.cloud.holders()).toEqual(["web-b"]);

      const again = await stage.run("switchover", "web", "web-b", "--reason", "again", "--json");
      expect(again.code).toBe(3);
      expect(JSON.parse(again.stdout)).toEqual({ error: "web-b holds the address already", rule: "nothing" });

      await stage.cloud.kill("web-a");
      await stage.daemon.prints(/web-a is unhealthy/);
      const dead = await stage.run("switchover", "web", "web-a", "--reason", "back", "--yes");
      expect(dead.code).toBe(3);
      expect(dead.stderr).toContain("No member may receive the address: web-a is unhealthy");
      expect(stage.cloud.holders()).toEqual(["web-b"]);

      const back = await stage.run("failback", "web", "--reason", "back");
      expect(back).toMatchObject({ code: 3, stderr: dead.stderr });
      const nobody = await stage.run("switchover", "web", "--force", "--reason", "its check is broken");
      expect(nobody.code).toBe(3);
      expect(nobody.stderr).toContain("A forced switchover needs its member");
      const forced = [
        "switchover",
        "web",
        "web-a",
        "--force",
        "--by",
        "ann",
        "--reason",
        "its check is broken",
      ];
      const vouched = await stage.run(...forced);
      expect(vouched).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/\nweb-a holds the address\n$/),
      });
      expect(vouched.stderr).toMatch(
        /^Warning: web-a is unhealthy \([^)]*\); for 10m it counts as healthy all the same/,
      );
      expect((await stage.run("status")).stdout).toMatch(/^force web web-a healthy +9m\d+s +ann +its check/m);
      expect(await stage.run("failback", "web", "--reason", "again")).toMatchObject({ code: 3 });
    },
  );

  test(
    "pause: the dead holder keeps the address, also after a restart, until it is resumed",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      const paused = await stage.run(
        "pause",
        "web",
        "--for",
        "2h",
        "--reason",
        "kernel upgrade",
        "--by",
        "ann",
      );
      expect(paused).toMatchObject({
        code: 0,
        stdout: "ann pauses web for 2h: kernel upgrade\n",
        stderr: "",
      });
      await stage.cloud.kill("web-a");
      await stage.daemon.prints(/"rule":"paused"/);
      expect(await stage.metric("failoverd_paused")).toBe('failoverd_paused{group="web"} 1');
      const ready = (await (await fetch(`${await stage.daemon.url()}/readyz`)).json()) as object;
      expect(ready).toMatchObject({ groups: { web: { state: "blocked", paused: "ann: kernel upgrade" } } });

      await stage.restart();
      await stage.daemon.prints(/"rule":"paused"/);
      expect(await stage.metric("failoverd_paused")).toBe('failoverd_paused{group="web"} 1');
      expect(stage.cloud.holders()).toEqual(["web-a"]);

      const { stdout } = await stage.run("status");
      expect(stdout).toMatch(/^web +blocked, paused +\d+m?\d*s +web-a +/m);
      expect(stdout).toMatch(/^pause web +1h59m +ann +kernel upgrade$/m);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);

      const why = await stage.run("why", "web");
      expect(why).toMatchObject({ code: 0, stderr: "" });
      expect(why.stdout.replace(/\s+/g, " ")).toMatch(
        /^web now: nothing is done \(rule paused\): .* It ends earlier with: failoverd resume web\. /,
      );
      // The process before this one has written down what was so then.
      const history = await stage.run("history", "web", "--since", "1h");
      expect(history.stdout).toMatch(
        /began\n[^]*ann pauses web for 2h: kernel upgrade\n[^]*was stopped\n[^]*began\n/,
      );

      expect(await stage.run("resume", "web")).toMatchObject({ code: 0 });
      await stage.cloud.untilHeldBy("web-b");
      expect(await stage.metric("failoverd_paused")).toBe('failoverd_paused{group="web"} 0');
    },
  );

  test(
    "force and drain change what may be done, and are taken back",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      const reason = ["--reason", "the check page is broken"];
      await stage.run("drain", "web", "web-b", ...reason);
      await stage.run("force", "web", "web-a", "unhealthy", "--for", "1h", ...reason);
      await stage.daemon.prints(/"rule":"no-eligible"/);
      const { stdout } = await stage.run("status");
      expect(stdout).toMatch(/^web\/web-a +healthy, forced unhealthy +\d+s +holds it$/m);
      expect(stdout).toMatch(/^web\/web-b +healthy, drained +\d+s +no: drained/m);
      expect(stdout).toMatch(/^drain web web-b +no end +\S+ +the check page is broken$/m);
      expect(stage.cloud.holders()).toEqual(["web-a"]);

      expect(await stage.run("undrain", "web", "web-b")).toMatchObject({ code: 0 });
      await stage.cloud.untilHeldBy("web-b");
      expect(await stage.run("unforce", "web", "web-a", "--json")).toMatchObject({ code: 0 });
      expect(await stage.status()).toMatchObject({ orders: [] });
    },
  );

  test("reconcile and probe-now look at once", { timeout: processTimeoutMs }, async () => {
    await using stage = await Controlled.start();
    const looked = stage.cloud.asked;
    expect(await stage.run("reconcile", "web", "--by", "ann")).toMatchObject({
      code: 0,
      stdout: "ann has the provider asked now who holds the address of web\n",
    });
    await stage.cloud.until("asked again", () => stage.cloud.asked > looked);
    const probed = await stage.run("probe-now", "web", "web-b", "--by", "ann", "--json");
    expect(probed.code).toBe(0);
    expect(JSON.parse(probed.stdout)).toEqual({ text: "ann has web-b of web probed now", warning: null });
  });

  test(
    "approve begins the move that waits, and reject leaves it until it is acknowledged",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start({ policy: "mode: approve" });
      await stage.cloud.kill("web-a");
      const [, first = ""] = await stage.daemon.prints(/"msg":"move (\S+) waits for approval/);
      expect((await stage.run("status")).stdout).toMatch(
        new RegExp(`^web +${first} +to web-b, asked anew in`, "m"),
      );
      expect(await stage.run("approve", "web", "x-1", "--yes")).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("Move x-1 of web waits no longer") as string,
      });
      expect(await stage.run("reject", "web", first)).toMatchObject({ code: 0 });
      await stage.daemon.prints(/"rule":"rejected"/);
      expect(await stage.run("ack", "web")).toMatchObject({ code: 0 });
      const [, next = ""] = await stage.daemon.prints(
        new RegExp(`"msg":"move (?!${first} )(\\S+) waits for approval`),
      );
      const { code, stdout } = await stage.run("approve", "web");
      expect(stdout).toMatch(
        new RegExp(`^Move ${next} of web to web-b, asked .* ago:\n  web-a is unhealthy`),
      );
      expect(code).toBe(0);
      await stage.cloud.untilHeldBy("web-b");
      expect(stdout).not.toContain(apiSecret);
    },
  );

  test(
    "end with 3 when the daemon refuses, and with 2 when they make no sense",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      const refused: readonly (readonly [readonly string[], string])[] = [
        [["resume", "web"], "There is nothing to take back: web is not paused"],
        [["pause", "wob", "--for", "1h", "--reason", "x"], "There is no group wob; there are web"],
        [["drain", "web", "web-c", "--reason", "x"], "There is no member web-c in group web"],
        [["pause", "--for", "721h", "--reason", "x"], "at most 720h"],
        [["approve", "web"], "No move of web waits for approval"],
        [["acknowledge", "web"], "There is nothing to acknowledge in web"],
        [["reconcile", "wob"], "There is no group wob; there are web"],
        [["probe-now", "web", "web-c"], "There is no member web-c in group web"],
      ];
      for (const [args, words] of refused) {
        const { code, stdout, stderr } = await stage.run(...args);
        expect({ args, code, stdout }).toEqual({ args, code: 3, stdout: "" });
        expect(stderr).toContain(words);
        expect(stderr).toMatch(/ \(refused by the rule (?:unknown|nothing|unfit)\)\n$/);
      }
      expect(await stage.run("resume", "--json")).toMatchObject({
        code: 3,
        stdout: '{"error":"There is nothing to take back: the daemon is not paused","rule":"nothing"}\n',
      });
      const wrong: readonly (readonly string[])[] = [
        ["pause", "web", "--reason", "x"],
        ["pause", "web", "--for", "1h"],
        ["pause", "web", "--for", "2", "--reason", "x"],
        ["pause", "web", "--for", "1h", "--reason", "a\u001b[2Jb"],
        ["force", "web", "web-a", "dead", "--for", "1h", "--reason", "x"],
      ];
      for (const args of wrong)
        expect({ args, ...(await stage.run(...args)) }).toMatchObject({ args, code: 2, stdout: "" });
      expect(await stage.status()).toMatchObject({ orders: [], paused: null });
    },
  );

  test("find the daemon by its config, without its secrets", { timeout: processTimeoutMs }, async () => {
    await using stage = await Controlled.start();
    const hidden = stage.cloud.variant(
      `api-secret: ${apiSecret}`,
      'api-secret: "${file:/nonexistent/secret}"',
    );
    expect(await failoverd("status", "--config", hidden)).toMatchObject({ code: 0 });
    const none = await failoverd("status", "--config", "/nonexistent/failoverd.yaml");
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("--socket PATH says where its control socket is");
  });

  test(
    "end with 4 when the daemon is not there, and name the socket",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      expect(statSync(stage.socket).mode & 0o777).toBe(0o600);
      stage.daemon.kill("SIGKILL");
      await stage.daemon.ended();
      const dead = await stage.run("status");
      expect(dead).toMatchObject({ code: 4, stdout: "" });
      expect(dead.stderr).toContain(`Cannot reach the daemon on ${stage.socket}: nobody listens on it`);

      await stage.restart();
      expect(await stage.run("status")).toMatchObject({ code: 0 });
      stage.daemon.kill("SIGTERM");
      await stage.daemon.ended();
      expect(existsSync(stage.socket)).toBe(false);
      const gone = await stage.run("pause", "--for", "1h", "--reason", "x");
      expect(gone).toMatchObject({ code: 4, stdout: "" });
      expect(gone.stderr).toContain("there is no such socket");
    },
  );

  test("reach the daemon of the demo as it says", { timeout: processTimeoutMs }, async () => {
    await using demo = new Failoverd(["demo", "--ports", "auto"]);
    const [, path = ""] = await demo.prints(/failoverd -- status --socket (\S+)/);
    const { code, stdout } = await failoverd("status", "--socket", path);
    expect(stdout).toMatch(/^shop +\S+ +\S+ +us +\S/m);
    expect(code).toBe(0);
    demo.kill("SIGINT");
    expect(await demo.ended()).toMatchObject({ code: 0 });
    expect(existsSync(dirname(path))).toBe(false);
  });

  test(
    "the daemon runs on without a socket, and says who has it",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      await using second = new Failoverd(["run", "--config", stage.config]);
      await second.prints(
        /"level":"error".*"msg":"Cannot serve the control socket .*failoverd \S+ with process id \d+ answers there/,
      );
      await second.prints(/"rule":"steady"/);
      expect(await stage.run("status")).toMatchObject({ code: 0 });
      second.kill("SIGTERM");
      expect(await second.ended()).toMatchObject({ code: 0 });
      expect(await stage.run("status")).toMatchObject({ code: 0 });
    },
  );
});
