/** A changed config file, taken over by the real process: as a whole, or not at all. */
import { readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { askDaemon } from "../../src/server/client.ts";
import { apiSecret, TestCloud } from "./cloud.ts";
import { Controlled } from "./controlled.ts";
import { Failoverd, failoverd } from "./process.ts";

const processTimeoutMs = 60_000;
const invalid = new URL("../fixtures/config/invalid/", import.meta.url);

describe("failoverd run", () => {
  test(
    "takes a changed config over on SIGHUP, keeps what it knows, and moves by the new policy",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      const { cloud, daemon } = stage;
      const text = readFileSync(cloud.configFile, "utf8");
      writeFileSync(
        cloud.configFile,
        text.replace("groups:\n  web:\n", "groups:\n  web:\n    mode: shadow\n"),
      );
      daemon.kill("SIGHUP");
      await daemon.prints(/"act":"reload","by":"SIGHUP","msg":"SIGHUP reloads [^"]+: web changed"/);

      await cloud.kill("web-a");
      await daemon.prints(/"msg":"would, but only watching, to attach web-b: [^"]+"/);
      expect(cloud.holders()).toEqual(["web-a"]);

      writeFileSync(cloud.configFile, text);
      const { code, stdout } = await stage.run("reload", "--by", "ann");
      expect(code).toBe(0);
      expect(stdout).toMatch(/^ann reloads \S+failoverd\.yaml: web changed\n$/);
      await daemon.prints(/"msg":"move \(failover\) from web-a to web-b: completed"/);
      expect(cloud.holders()).toEqual(["web-b"]);
    },
  );

  test("is foretold by check --diff, which changes nothing", { timeout: processTimeoutMs }, async () => {
    await using stage = await Controlled.start();
    const { cloud } = stage;
    expect((await stage.run("check", "--diff", "--config", cloud.configFile)).stdout).toMatch(
      /is valid: groups 1, members 2\nA reload would change nothing\nCredentials [^\n]+\n$/,
    );
    const changed = cloud.variant("interval: 1s", "interval: 2s");
    writeFileSync(changed, readFileSync(changed, "utf8").replace("hold-down: 5s", "hold-down: 7s"));
    const text = await stage.run("check", "--diff", "--config", changed);
    expect(text).toMatchObject({ code: 0 });
    expect(text.stdout).toContain(
      "  groups.web.hold-down\n      5s → 7s\n      counts from the next decision on; a move under way ends under the policy\n      of before\n",
    );
    expect(text.stdout).toContain(
      "  groups.web.members.web-a.healthcheck.interval\n      1s → 2s\n      starts at unknown\n",
    );
    const json = await stage.run("check", "--diff", "--json", "--config", changed);
    expect(JSON.parse(json.stdout)).toMatchObject({
      diff: [
        { place: "groups.web.hold-down", before: "5s", after: "7s" },
        { place: "groups.web.members.web-a.healthcheck.interval", effect: "starts at unknown" },
        { place: "groups.web.members.web-b.healthcheck.interval", effect: "starts at unknown" },
      ],
    });
    expect(json.stdout).not.toContain(apiSecret);
    const elsewhere = ["check", "--diff", "--config", changed, "--socket", "/nonexistent/control.sock"];
    expect(await failoverd(...elsewhere)).toMatchObject({ code: 4 });
    writeFileSync(changed, "groups: [");
    expect(await stage.run("check", "--diff", "--config", changed)).toMatchObject({ code: 2 });
    expect((await stage.run("reload")).stdout).toContain("no group changed");
  });

  test(
    "notices by itself that the file has changed, also when a link leads to another one, and only once",
    { timeout: processTimeoutMs },
    async () => {
      await using cloud = await TestCloud.start();
      const shadow = cloud.variant("groups:\n  web:\n", "groups:\n  web:\n    mode: shadow\n");
      const link = join(cloud.folder, "link.yaml");
      symlinkSync(cloud.configFile, link);
      await using daemon = new Failoverd(["run", "--config", link]);
      await daemon.prints(/"rule":"steady"/);
      symlinkSync(shadow, `${link}.new`);
      renameSync(`${link}.new`, link);
      await daemon.prints(/a change of the file reloads [^"]+: web changed/);
      // A broken file is told, and the next good one is taken over again.
      writeFileSync(shadow, "groups: [");
      await daemon.prints(/Cannot load config: /);
      writeFileSync(shadow, readFileSync(cloud.configFile, "utf8"));
      await daemon.prints(/web changed[^]+web changed/);
      daemon.kill("SIGTERM");
      const { code, stdout } = await daemon.ended();
      expect(code).toBe(0);
      expect(stdout.match(/a change of the file reloads [^"]+: web changed/g)).toHaveLength(2);
      expect(stdout.match(/a change of the file reloads [^"]+: refused, /g)).toHaveLength(1);
    },
  );

  test(
    "serves its API to tokens of the config, and takes others over as soon as their file changes",
    { timeout: processTimeoutMs },
    async () => {
      await using cloud = await TestCloud.start();
      const secret = join(cloud.folder, "api-token");
      writeFileSync(secret, "the-first-operate-token\n");
      const api = `api: { tokens: [{ name: ops, scope: operate, token: "\${file:${secret}}" }] }\ngroups:\n  web:\n`;
      await using daemon = new Failoverd(["run", "--config", cloud.variant("groups:\n  web:\n", api)]);
      await daemon.prints(/"rule":"steady"/);
      const url = await daemon.url();
      const pause = async (token: string): Promise<number> => {
        const { status } = await fetch(`${url}/api/v1/pause`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify({ group: "web", for: "1h", reason: "a test", by: "ann" }),
        });
        return status;
      };
      expect(await pause("the-first-operate-token")).toBe(200);
      await daemon.prints(/"by":"ann \(token ops from 127\.0\.0\.1\)"/);
      writeFileSync(secret, "the-second-operate-token\n");
      await daemon.prints(/a change of the file reloads/);
      expect(await pause("the-first-operate-token")).toBe(401);
      expect(await pause("the-second-operate-token")).toBe(200);
      daemon.kill("SIGTERM");
      const { stdout, stderr } = await daemon.ended();
      for (const secret of ["the-first-operate-token", "the-second-operate-token"])
        expect(stdout + stderr).not.toContain(secret);
    },
  );

  test(
    "leaves everything as it is when the file has any problem, and says which",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      const { cloud, daemon, socket } = stage;
      const url = await daemon.url();
      const good = readFileSync(cloud.configFile, "utf8");
      const reload = { method: "POST", path: "/api/v1/reload", body: { by: "ann" } } as const;
      const before = await readyz(url);

      let refused = 0;
      for (const file of readdirSync(invalid)) {
        const text = readFileSync(new URL(file, invalid), "utf8");
        // Some only have warnings.
        if ("ok" in parseConfig(text, file, {}, () => "")) continue;
        writeFileSync(cloud.configFile, text);
        const answer = await askDaemon({ kind: "socket", path: socket }, reload);
        expect(answer).toMatchObject({ kind: "answer", status: 422 });
        expect(JSON.stringify(answer)).toContain("Cannot load config: ");
        refused += 1;
      }
      expect(refused).toBeGreaterThan(40);
      expect(await readyz(url)).toEqual(before);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        "failoverd_config_last_reload_successful 0\n",
      );
      expect(await stage.status()).toMatchObject({
        configTrouble: expect.stringContaining("Cannot load config: "),
      });
      expect((await stage.run("status")).stdout).toContain(
        "the config file is refused, the one before goes on:",
      );
      const { stdout: history } = await stage.run("history", "--limit", "1");
      expect(history).toContain("ann reloads");

      writeFileSync(cloud.configFile, good);
      expect(await askDaemon({ kind: "socket", path: socket }, reload)).toMatchObject({
        status: 200,
        json: { text: expect.stringContaining(": no group changed"), warning: null },
      });
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        "failoverd_config_last_reload_successful 1\n",
      );
      expect(await stage.status()).toMatchObject({ configTrouble: null });
    },
  );

  test(
    "says what takes effect at the next start only, and forgets the series of what has left",
    { timeout: processTimeoutMs },
    async () => {
      await using stage = await Controlled.start();
      const { cloud, daemon } = stage;
      const url = await daemon.url();
      const text = readFileSync(cloud.configFile, "utf8");
      writeFileSync(
        cloud.configFile,
        text.replace("\n  web:\n", "\n  www:\n").replace("127.0.0.1:0", "127.0.0.1:1"),
      );
      const { code, stdout, stderr } = await stage.run("reload", "--by", "ann");
      expect(code).toBe(0);
      expect(stdout).toContain(": www added, web left\n");
      expect(stderr).toBe("Warning: listen changed, which takes effect at the next start only\n");
      await daemon.prints(/"group":"www","rule":"steady"/);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('failoverd_group_holder{group="www",member="web-a"} 1');
      expect(metrics).not.toContain('group="web"');
      expect(metrics).toContain(
        'failoverd_probe_attempts_total{group="www",member="web-a",outcome="fail"} 0',
      );
    },
  );
});

/** @returns what each group is doing, without what is asked of the providers meanwhile. */
async function readyz(url: string): Promise<unknown> {
  const text = await (await fetch(`${url}/readyz`)).text();
  return JSON.parse(text, (key, value: unknown) => (key === "preflight" ? undefined : value));
}
