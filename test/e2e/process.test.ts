import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { mkdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { apiSecret, pace, TestCloud } from "./cloud.ts";
import { Failoverd, failoverd } from "./process.ts";

const processTimeoutMs = 60_000;

/** For a single probe of a process that has just started, on a machine that may be busy. */
const patient = "interval: 60s, timeout: 20s";

describe("failoverd demo", () => {
  test("moves both addresses and exits 0 with a summary", { timeout: processTimeoutMs }, async () => {
    const { code, stdout, stderr } = await failoverd("demo", "--once", "--json", "--ports", "auto");
    expect(stderr).toContain("strike 3/3: web-a refused the connection");
    const summary = JSON.parse(stdout) as {
      ok: boolean;
      groups: { from: string; to: string; outageMs: number; contract: { outageAtMostMs: number } }[];
    };
    expect(summary).toMatchObject({
      ok: true,
      groups: [
        { group: "web", from: "web-a", to: "web-b", moved: true },
        { group: "shop", from: "eu", to: "us", moved: true },
      ],
    });
    for (const { outageMs, contract } of summary.groups) {
      expect(outageMs).toBeGreaterThan(0);
      expect(outageMs).toBeLessThanOrEqual(contract.outageAtMostMs);
    }
    expect(code).toBe(0);
  });

  test("refuses ports that are neither fixed nor auto", async () => {
    expect(await failoverd("demo", "--ports", "9")).toMatchObject({ code: 2 });
  });
});

describe("failoverd run", () => {
  test(
    "moves the address, is scraped meanwhile, and ends with 0 on SIGTERM",
    { timeout: processTimeoutMs },
    async () => {
      await using cloud = await TestCloud.start();
      await using daemon = new Failoverd(["run", "--config", cloud.configFile, "--log-level", "debug"]);
      const url = await daemon.url();
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      await daemon.prints(/"msg":"web-a holds the address and is healthy"/);

      const ready = await fetch(`${url}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.json()).toMatchObject({
        ready: true,
        groups: { web: { state: "steady", holders: ["web-a"] } },
      });

      await cloud.kill("web-a");
      await daemon.prints(/"msg":"move \(failover\) from web-a to web-b: completed"/);
      expect(cloud.holders()).toEqual(["web-b"]);

      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('failoverd_group_holder{group="web",member="web-b"} 1');
      expect(metrics).toContain(
        'failoverd_failovers_total{group="web",trigger="failover",outcome="completed"} 1',
      );
      expect(metrics).toContain('failoverd_member_health{group="web",member="web-a",state="unhealthy"} 1');
      expect(metrics).not.toContain("127.0.0.1");

      daemon.kill("SIGTERM");
      const { code, stdout, stderr } = await daemon.ended();
      expect(code).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).not.toContain(apiSecret);
      expect(stdout).not.toContain("the journal goes on in memory");
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const changes = lines.filter(({ level, requestId }) => level === "info" && requestId !== undefined);
      expect(changes).toMatchObject(
        cloud.changes.map(({ id, operation }) => ({
          group: "web",
          requestId: id,
          operation,
          msg: `${operation}: 200, request ${id}`,
        })),
      );
      expect(changes).toHaveLength(2);
    },
  );

  test(
    "serves metrics that promtool finds nothing wrong with",
    { timeout: processTimeoutMs },
    async (context) => {
      const promtool = found("promtool");
      if (promtool === null) return context.skip("promtool is not installed (Debian package prometheus)");
      await using cloud = await TestCloud.start();
      await using daemon = new Failoverd(["run", "--config", cloud.configFile]);
      const url = await daemon.url();
      await daemon.prints(/"rule":"steady"/);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const complaints = execFileSync(promtool, ["check", "metrics"], {
        input: metrics,
        encoding: "utf8",
        stdio: "pipe",
      });
      expect(complaints).toBe("");
      return undefined;
    },
  );

  test(
    "finishes the step under way on SIGTERM, begins no other, and ends with 0",
    { timeout: processTimeoutMs },
    async () => {
      await using cloud = await TestCloud.start({ operationTime: "1500ms" });
      await using daemon = new Failoverd(["run", "--config", cloud.configFile]);
      await daemon.prints(/"rule":"steady"/);
      await cloud.kill("web-a");
      await daemon.prints(/"msg":"attach web-b: begun"/);
      daemon.kill("SIGTERM");
      const { code, stdout } = await daemon.ended();
      expect(code).toBe(0);
      expect(stdout).toContain("attach web-b: applied");
      expect(stdout).not.toContain("detach web-a: begun");
      expect(cloud.holders()).toEqual(["web-a", "web-b"]);
    },
  );

  test("exits at once on the second signal", { timeout: processTimeoutMs }, async () => {
    await using cloud = await TestCloud.start({ operationTime: "20s" });
    await using daemon = new Failoverd(["run", "--config", cloud.configFile]);
    await daemon.prints(/"rule":"steady"/);
    await cloud.kill("web-a");
    await daemon.prints(/"msg":"attach web-b: begun"/);
    daemon.kill("SIGTERM");
    await daemon.prints(/a second signal exits at once/);
    daemon.kill("SIGTERM");
    expect(await daemon.ended()).toMatchObject({ code: 143 });
  });

  test("remembers its hold-down when it is killed after a move", { timeout: processTimeoutMs }, async () => {
    await using cloud = await TestCloud.start();
    const patient = cloud.variant("hold-down: 5s", "hold-down: 10m");
    {
      await using daemon = new Failoverd(["run", "--config", patient]);
      await daemon.prints(/"rule":"steady"/);
      await cloud.kill("web-a");
      await daemon.prints(/"msg":"move \(failover\) from web-a to web-b: completed"/);
      daemon.kill("SIGKILL");
      await daemon.ended();
    }
    await cloud.revive("web-a");
    await cloud.kill("web-b");
    await using next = new Failoverd(["run", "--config", patient]);
    await next.prints(/"rule":"hold-down"/);
    expect(cloud.holders()).toEqual(["web-b"]);
  });

  test(
    "says that its journal is damaged, begins a new one and goes on",
    { timeout: processTimeoutMs },
    async () => {
      await using cloud = await TestCloud.start();
      mkdirSync(cloud.stateDir, { recursive: true });
      writeFileSync(
        join(cloud.stateDir, "journal.db"),
        "this is no database, and it is long enough to look like one".repeat(100),
      );
      await using daemon = new Failoverd(["run", "--config", cloud.configFile]);
      await daemon.prints(/"rule":"steady"/);
      await daemon.prints(/journal\.db\.corrupt/);
      await cloud.kill("web-a");
      await daemon.prints(/"msg":"move \(failover\) from web-a to web-b: completed"/);
      daemon.kill("SIGTERM");
      expect(await daemon.ended()).toMatchObject({ code: 0 });
    },
  );

  test("names the port that is in use, and exits with 1", async () => {
    await using cloud = await TestCloud.start();
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.on("listening", resolve));
    const { port } = blocker.address() as AddressInfo;
    const config = cloud.variant("listen: 127.0.0.1:0", `listen: 127.0.0.1:${port}`);
    const { code, stderr } = await failoverd("run", "--config", config);
    blocker.close();
    expect(stderr).toContain(`Cannot listen on 127.0.0.1:${port}: the port is in use`);
    expect(code).toBe(1);
  });
});

describe("failoverd check", () => {
  test("prints every problem with its place and exits with 2", async () => {
    await using cloud = await TestCloud.start();
    const broken = cloud.variant("strikes-fail: 3", "strikes-fial: 3, expect-status: 999");
    const { code, stdout, stderr } = await failoverd("check", "--config", broken);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/strikes-fial.*did you mean.*strikes-fail.*variant\.yaml:\d+:\d+/);
    expect(stderr).toMatch(/expect-status.*variant\.yaml:\d+:\d+/);
    expect(code).toBe(2);
  });

  test("exits with 2 when there is no such file", async () => {
    const { code, stderr } = await failoverd("check", "--config", "/nonexistent/failoverd.yaml");
    expect(stderr).toContain("/nonexistent/failoverd.yaml");
    expect(code).toBe(2);
  });

  test("asks the provider with --online and says what is proven", async () => {
    await using cloud = await TestCloud.start();
    const { code, stdout } = await failoverd("check", "--online", "--config", cloud.configFile);
    expect(stdout).toContain("198.51.100.7");
    expect(stdout).toContain("web-a");
    expect(code).toBe(0);
  });

  test("exits with 1 when a failover would fail", async () => {
    await using cloud = await TestCloud.start();
    const wrong = cloud.variant(
      "9c020000-0000-4000-8000-00000000000b",
      "9c020000-0000-4000-8000-0000000000ff",
    );
    const { code, stdout, stderr } = await failoverd("check", "--online", "--config", wrong);
    expect(stdout).toContain("9c020000-0000-4000-8000-0000000000ff");
    expect(stderr).toContain("A failover would fail now");
    expect(code).toBe(1);
  });

  test("says that the signature is wrong, and never the secret", async () => {
    await using cloud = await TestCloud.start();
    const wrong = cloud.variant(apiSecret, `${apiSecret}-not`);
    const { code, stdout, stderr } = await failoverd("check", "--online", "--config", wrong);
    expect(stdout).toContain("signature");
    expect(stdout + stderr).not.toContain(apiSecret);
    expect(code).toBe(1);
  });
});

describe("failoverd plan", () => {
  test("prints the timing contract without asking anybody", async () => {
    await using cloud = await TestCloud.start();
    const config = cloud.variant(pace, "interval: 10s, watch: true, reuse: true");
    const { code, stdout } = await failoverd("plan", "--offline", "--config", config);
    expect(stdout).toContain("found dead after 19.98s to 32.03s");
    expect(stdout).toContain("reuse hides for up to 1m that no new connection is accepted");
    expect(stdout).toContain("watched: a reset or close is noticed at once, so mostly soon after 19.98s");
    expect(stdout).toContain("PUT attach-instance-to-elastic-ip");
    expect(stdout).not.toContain("held by:");
    expect(code).toBe(0);
  });

  test("says how things are and what would be done", async () => {
    await using cloud = await TestCloud.start();
    const { stdout } = await failoverd("plan", "--config", cloud.variant(pace, patient));
    expect(stdout).toMatch(/held by: +web-a\n/);
    expect(stdout).toMatch(/now: +nothing would be moved: web-a holds the address and is healthy\n/);
    expect(stdout).toMatch(/if it dies: +attach web-b: web-a is unhealthy/);
    expect(cloud.simulator.world.requests.entries.every(({ method }) => method === "GET")).toBe(true);
  });

  test("prints the same as JSON", async () => {
    await using cloud = await TestCloud.start();
    const { stdout } = await failoverd("plan", "--json", "--config", cloud.variant(pace, patient));
    expect(JSON.parse(stdout)).toMatchObject({
      groups: [{ group: "web", now: { plan: { rule: "steady" }, ifHolderDies: { rule: "failover" } } }],
    });
  });
});

describe("failoverd probe", () => {
  test("exits with 0 and the times of a pass, with 1 and the cause of a fail", async () => {
    await using cloud = await TestCloud.start();
    const port = cloud.simulator.backends.get("web-a")?.endpoint.port;
    const pass = await failoverd("probe", `http://127.0.0.1:${port}/healthz`, "--expect-body", "ok");
    expect(pass.stdout).toMatch(/^pass .*answered as expected \(ok\)/);
    expect(pass.stdout).toContain("connect ");
    expect(pass.code).toBe(0);

    const fail = await failoverd("probe", `http://127.0.0.1:${port}/nowhere`, "--json");
    expect(JSON.parse(fail.stdout)).toMatchObject({ outcome: "fail", cause: "http-status", status: 404 });
    expect(fail.code).toBe(1);
  });

  test.each([
    ["not a target", ["nonsense"], "TARGET must be"],
    ["an option of HTTP for TCP", ["tcp://127.0.0.1:1", "--expect-body", "x"], "a tcp TARGET takes no"],
    ["an option of TLS for HTTP", ["http://127.0.0.1:1", "--tls-skip-verify"], "need an https TARGET"],
    ["credentials in the target", ["http://a:b@127.0.0.1:1"], "must hold no credentials"],
    ["a TCP target without a port", ["tcp://127.0.0.1"], "needs a port"],
    ["a timeout without a unit", ["tcp://127.0.0.1:1", "--timeout", "2"], "--timeout must be a duration"],
    ["a header without a colon", ["http://127.0.0.1:1", "--header", "x"], "--header must be"],
    ["a status that is none", ["http://127.0.0.1:1", "--expect-status", "20"], "--expect-status must be"],
  ])("exits with 2 for %s", async (_, args, words) => {
    const { code, stderr } = await failoverd("probe", ...args);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });
});

describe("the command line", () => {
  test.each([[["--help"]], [["help", "run"]], [["--version"]]])(
    "answers %j on stdout with 0",
    async (args) => {
      const { code, stdout, stderr } = await failoverd(...args);
      expect(stdout).not.toBe("");
      expect(stderr).toBe("");
      expect(code).toBe(0);
    },
  );

  test.each([[["--nonsense"]], [["nonsense"]], [["run", "extra"]], [["simulator"]], [[]]])(
    "exits with 2 for %j",
    async (args) => {
      const { code, stdout, stderr } = await failoverd(...args);
      expect(stdout).toBe("");
      expect(stderr).not.toBe("");
      expect(code).toBe(2);
    },
  );

  test("ends quietly when its reader has had enough", async () => {
    await using cloud = await TestCloud.start();
    const command = `"${process.execPath}" src/main.ts plan --offline --config "${cloud.configFile}" | head -n 0; echo "\${PIPESTATUS[0]}"`;
    const output = execFileSync("bash", ["-c", `${command} 2>&1`], { encoding: "utf8", stdio: "pipe" });
    expect(output.trim()).toBe("0");
  });

  test("serves a world for any client", { timeout: processTimeoutMs }, async () => {
    await using cloud = await TestCloud.start();
    const world = cloud.writeConfig(
      "world.yaml",
      "listen: 127.0.0.1:0\nexoscale: { zone: ch-gva-2, api-keys: [{ key: k, secret: s }] }\n",
    );
    await using simulator = new Failoverd(["simulator", "--world", world, "--listen", "127.0.0.1:0"]);
    const [, endpoint] = await simulator.prints(/Exoscale +(\S+)/);
    expect(await (await fetch(`${endpoint}/zone`)).json()).toMatchObject({ zones: [{ name: "ch-gva-2" }] });
    expect((await fetch(`${endpoint}/elastic-ip`)).status).toBe(403);
    simulator.kill("SIGINT");
    expect(await simulator.ended()).toMatchObject({ code: 0 });
  });
});

function found(command: string): string | null {
  try {
    return execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
