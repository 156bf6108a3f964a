/** The unit file: what systemd thinks of it, and how the service lives under a really booted systemd. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacks, output, repository, scratchFolder, treeLimitMs } from "./packaging-parts.ts";
import { Machine } from "./systemd-machine.ts";

const unitText = readFileSync(join(repository, "systemd/failoverd.service"), "utf8");

describe.skipIf(lacks("root", "systemd-analyze"))("the unit file", () => {
  const folder = scratchFolder();
  const unit = join(folder, "failoverd.service");
  beforeAll(() => {
    // Verify wants the programs to exist.
    const here = unitText
      .replaceAll("/usr/bin/node", process.execPath)
      .replaceAll("/opt/failoverd/dist/main.js", join(repository, "src/main.ts"));
    writeFileSync(unit, here);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("has nothing that systemd complains about", async () => {
    // It exits 0 on an unknown key, so any output is a failure.
    expect(await output("systemd-analyze", ["verify", "--man=no", unit])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("exposes little: below 2 of 10", async () => {
    const { stdout } = await output("systemd-analyze", ["security", "--offline=true", unit]);
    const exposure = /Overall exposure level for failoverd\.service: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(exposure)).toBeLessThan(2);
  });
});

const simulatorUnit = `[Service]
ExecStart=/usr/bin/node /opt/failoverd/dist/main.js simulator --world /etc/failoverd/world.yaml
`;

const credentials = `[Unit]
After=simulator.service
Requires=simulator.service
[Service]
LoadCredential=exoscale-key:/etc/failoverd/credentials/exoscale-key
LoadCredential=exoscale-secret:/etc/failoverd/credentials/exoscale-secret
`;

const world = `
listen: 127.0.0.1:9790
exoscale:
  zone: ch-gva-2
  api-keys: [{ key: EXO0000test, secret: simulated-secret }]
  instances:
    - { id: 6b1c0000-0000-4000-8000-00000000000a, name: web-a, backend: "127.0.0.1:9711", serve: http }
    - { id: 9c020000-0000-4000-8000-00000000000b, name: web-b, backend: "127.0.0.1:9712", serve: http }
  elastic-ips:
    - { id: e1a50000-0000-4000-8000-000000000007, ip: 198.51.100.7, holders: [web-a], forward: "127.0.0.1:9780" }
`;

const config = `
providers:
  exo:
    type: exoscale
    zone: ch-gva-2
    endpoint: http://127.0.0.1:9790/v2
    api-key: "\${file:/run/credentials/failoverd.service/exoscale-key}"
    api-secret: "\${file:/run/credentials/failoverd.service/exoscale-secret}"
groups:
  web:
    provider: exo
    elastic-ip: 198.51.100.7
    healthcheck: { mode: http, uri: /, interval: 500ms, timeout: 250ms, strikes-ok: 2, strikes-fail: 3 }
    members:
      - { name: web-a, instance: 6b1c0000-0000-4000-8000-00000000000a, host: 127.0.0.1, healthcheck: { port: 9711 } }
      - { name: web-b, instance: 9c020000-0000-4000-8000-00000000000b, host: 127.0.0.1, healthcheck: { port: 9712 } }
`;

/** `curl -s` would hide why; -f turns a 503 of /readyz into a failure that is tried again. */
const ready = "curl -fsS -m 2 http://127.0.0.1:9787/readyz";

describe.skipIf(lacks("root", "systemd-nspawn", "mmdebstrap", "nsenter", "flock"))(
  "the service, booted",
  () => {
    let machine: Machine;
    beforeAll(async () => {
      machine = await Machine.boot({
        "etc/systemd/system/simulator.service": simulatorUnit,
        "etc/systemd/system/failoverd.service.d/credentials.conf": credentials,
        "etc/failoverd/world.yaml": world,
        "etc/failoverd/failoverd.yaml": config,
        "etc/failoverd/credentials/exoscale-key": "EXO0000test\n",
        "etc/failoverd/credentials/exoscale-secret": "simulated-secret\n",
      });
    }, treeLimitMs + 120_000);
    afterAll(async () => {
      await machine?.[Symbol.asyncDispose]();
    });

    test("starts at boot, reads its credentials and judges its group", async () => {
      expect(await machine.until(ready)).toContain('"holders":["web-a"]');
      expect(await machine.sh("systemctl is-active failoverd")).toBe("active");
      expect(await machine.sh("curl -fsS -m 2 http://127.0.0.1:9787/livez")).toBe("ok");
      const metrics = await machine.sh("curl -fsS -m 2 http://127.0.0.1:9787/metrics");
      expect(metrics).toContain('failoverd_group_holder{group="web",member="web-a"} 1');
      expect(metrics).toContain("failoverd_build_info{");
    });

    test("runs as a user of its own that may write to its state directory only", async () => {
      const { MainPID } = await machine.show("MainPID");
      const status = await machine.sh(`cat /proc/${MainPID}/status`);
      expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).toBeGreaterThan(60_000);
      expect(/^CapEff:\s+(\S+)/m.exec(status)?.[1]).toBe("0000000000000000");
      expect(/^NoNewPrivs:\s+(\d)/m.exec(status)?.[1]).toBe("1");
      expect(await machine.sh("stat -c %a /var/lib/private/failoverd")).toBe("700");
    });

    test("lets the thread that probes go first, and no other", async () => {
      const { MainPID, LimitNICE } = await machine.show("MainPID", "LimitNICE");
      // 20 less the lowest nice value.
      expect(LimitNICE).toBe("30");
      // A machine whose host keeps CAP_SYS_RESOURCE from it cannot give it, and systemd goes on without it.
      const limits = await machine.sh(`cat /proc/${MainPID}/limits`);
      const isGiven = /^Max nice priority +30/m.test(limits);
      const niceValue = isGiven ? -10 : getPriority();
      const stat = `/proc/${MainPID}/task/*/stat`;
      await machine.until(`[ "$(grep -h "(probes)" ${stat} | cut -d" " -f19)" = ${niceValue} ]`);
      expect(await machine.sh(`grep -hv "(probes)" ${stat} | cut -d" " -f19 | sort -u`)).toBe(
        String(getPriority()),
      );
      const filters = unitText.match(/^SystemCall.*$/gm) ?? [];
      const run = ["systemd-run", "--wait", ...filters.map((line) => `-p "${line}"`)];
      await machine.sh(`${run.join(" ")} /usr/bin/node -e "require('os').setPriority(5)"`);
    });

    test("lets root check its config online while it runs", async () => {
      const check = "/usr/bin/node /opt/failoverd/dist/main.js check --online";
      expect(await machine.output(check)).toMatchObject({ code: 0 });
    });

    test("obeys root on its control socket, and keeps a pause through a restart", async () => {
      const failoverd = "/usr/bin/node /opt/failoverd/dist/main.js";
      expect(await machine.sh("stat -c %a /run/failoverd /run/failoverd/control.sock")).toBe("700\n600");
      const pause = `${failoverd} pause web --for 1h --reason test --by ann`;
      expect(await machine.sh(pause)).toBe("ann pauses web for 1h: test");
      await machine.sh("systemctl restart failoverd");
      await machine.until(ready);
      expect(await machine.sh(`${failoverd} status`)).toMatch(/^pause web +59m\S* +ann +test$/m);
      expect(await machine.sh(`${failoverd} resume web --by ann`)).toContain("ann resumes web");
    });

    test("gives the journal a priority for each line", async () => {
      const journal = "journalctl -u failoverd -o cat --no-pager";
      const warnings = await machine.sh(`${journal} -p warning`);
      expect(warnings).toContain('"msg":"ann pauses web for 1h: test"');
      expect(warnings).not.toContain("watches web");
      expect(await machine.sh(`${journal} -p info`)).toMatch(/^\{"level":"info".*watches web"\}$/m);
    });

    test("comes back after kill -9", async () => {
      const before = await machine.show("MainPID");
      await machine.sh(`kill -9 ${before["MainPID"]}`);
      await machine.until('test "$(systemctl show failoverd -p NRestarts --value)" = 1');
      await machine.until(ready);
      const after = await machine.show("MainPID", "ActiveState");
      expect(after["ActiveState"]).toBe("active");
      expect(after["MainPID"]).not.toBe(before["MainPID"]);
    });

    test("stops cleanly within 10 seconds", async () => {
      const startedAt = performance.now();
      await machine.sh("systemctl stop failoverd");
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(await machine.show("ActiveState", "Result", "ExecMainStatus", "ExecMainCode")).toEqual({
        ActiveState: "inactive",
        Result: "success",
        ExecMainStatus: "0",
        ExecMainCode: "1",
      });
      expect(await machine.sh("journalctl -u failoverd -o cat --no-pager")).toContain('"msg":"stopped"');
    });

    test("fails with status 2 on a broken config, says where, and is not restarted", async () => {
      await machine.sh("echo 'lisen: 127.0.0.1:9787' >> /etc/failoverd/failoverd.yaml");
      await machine.output("systemctl start failoverd");
      await machine.until("systemctl is-failed --quiet failoverd");
      expect(await machine.show("Result", "ExecMainStatus", "NRestarts")).toEqual({
        Result: "exit-code",
        ExecMainStatus: "2",
        NRestarts: "0",
      });
      expect((await machine.output("systemctl status failoverd --no-pager")).stdout).toContain("status=2");
      const said = await machine.sh("journalctl -u failoverd -p err -n 20 -o cat --no-pager");
      expect(said).toMatch(/unknown key "lisen".*failoverd\.yaml:\d+:\d+/);
    });

    test("starts again when the config is mended", async () => {
      await machine.sh("sed -i /lisen/d /etc/failoverd/failoverd.yaml && systemctl start failoverd");
      expect(await machine.until(ready)).toContain('"ready":true');
    });
  },
);
