import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfigFile } from "../../../src/config/load.ts";
import { cloud66, env, exoscale, load, parse, texts } from "./sample.ts";

const folder = mkdtempSync(join(tmpdir(), "failoverd-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe("loadConfigFile()", () => {
  test("loads a file, with references to the environment and to other files", () => {
    const secret = write("secret", "from-a-file\n");
    const { result } = loadConfigFile(write("good.yaml", exoscale.replace("/run/secret", secret)), env);
    expect(texts(result)).toEqual([]);
    const provider = "ok" in result ? result.ok.providers[0] : undefined;
    expect(provider?.type === "exoscale" && provider.apiSecret.reveal()).toBe("from-a-file");
  });

  test("names all the files that it has read or could not read, with what was in them", () => {
    const secret = write("secret", "from-a-file\n");
    const absent = join(folder, "absent");
    const text = exoscale.replace("/run/secret", secret).replace("${env:KEY}", `\${file:${absent}}`);
    const path = write("files.yaml", text);
    expect([...loadConfigFile(path, env).files]).toEqual([
      [path, text],
      [absent, null],
      [secret, "from-a-file\n"],
    ]);
  });

  test("says that a file is missing, without a line", () => {
    const { result } = loadConfigFile("/no/such/file.yaml", {});
    expect(result).toMatchObject({ problems: [{ rule: "file-unreadable", line: 0, col: 0 }] });
    expect(texts(result)).toEqual([
      "Cannot load config: the file cannot be read: there is no such file (failoverd.yaml)",
    ]);
  });

  test("says that a folder is not a file", () => {
    expect(texts(loadConfigFile(folder, {}).result)[0]).toContain("it is a directory");
  });

  test("refuses a file of more than 4 MiB, and a device without end", () => {
    const large = write("large.yaml", "#".repeat(4_194_305));
    expect(loadConfigFile(large, {}).result).toMatchObject({ problems: [{ rule: "file-too-large" }] });
    expect(loadConfigFile("/dev/zero", {}).result).toMatchObject({ problems: [{ rule: "file-too-large" }] });
  });

  test("looks for tls-ca from the folder of the file", () => {
    write("ca.pem", "no certificate");
    const text = exoscale.replace(
      "mode: http, port: 80",
      "mode: https, port: 443, tls-sni: a.example, tls-ca: ca.pem",
    );
    const path = write("ca.yaml", text.replace("${file:/run/secret}", "${env:KEY}"));
    expect(texts(loadConfigFile(path, env).result).join()).toContain("it holds no certificate in PEM");
  });
});

describe("parseConfig()", () => {
  test("fills in every default", () => {
    const config = load(exoscale);
    expect(config).toMatchObject({
      listen: { host: "127.0.0.1", port: 9787 },
      stateDir: "/var/lib/failoverd",
      controlSocket: "/var/lib/failoverd/control.sock",
    });
    expect(config.providers[0]).toMatchObject({ endpoint: "https://api-ch-gva-2.exoscale.com/v2" });
    expect(config.groups[0]?.policy).toEqual({
      mode: "auto",
      order: "attach-first",
      holders: "one",
      failbackAfterMs: null,
      holdDownMs: 300_000,
      warmUpMs: 30_000,
      verify: null,
      limit: { moves: 3, windowMs: 86_400_000 },
    });
    expect(config.groups[0]?.members[0]?.target).toEqual({
      mode: "http",
      host: "10.0.0.11",
      port: 80,
      http: {
        uri: "/healthz",
        method: "GET",
        hostHeader: null,
        headers: {},
        expectStatus: [{ from: 100, to: 399 }],
        expectHeader: null,
        expectBody: null,
        reuse: false,
      },
      tls: null,
      intervalMs: 10_000,
      timeoutMs: 2_000,
      fastIntervalMs: null,
      strikesOk: 2,
      strikesFail: 3,
      brownOut: null,
      watch: false,
    });
    expect(load(cloud66).providers[0]).toMatchObject({
      endpoint: "https://app.cloud66.com/api/3",
      account: null,
      path: "auto",
    });
  });

  test("takes the first folder of $STATE_DIRECTORY when state-dir is not there", () => {
    expect(load(exoscale, { STATE_DIRECTORY: "/var/lib/one:/var/lib/two" }).stateDir).toBe("/var/lib/one");
    expect(load(`state-dir: /srv${exoscale}`, { STATE_DIRECTORY: "/var/lib/one" }).stateDir).toBe("/srv");
  });

  test("takes the control socket from its key, else from $RUNTIME_DIRECTORY, else from the state-dir", () => {
    const directories = { RUNTIME_DIRECTORY: "/run/one:/run/two", STATE_DIRECTORY: "/var/lib/one" };
    const written = `control-socket: /srv/c.sock${exoscale}`;
    expect(load(written, directories).controlSocket).toBe("/srv/c.sock");
    expect(load(exoscale, directories).controlSocket).toBe("/run/one/control.sock");
    expect(load(`state-dir: /srv${exoscale}`).controlSocket).toBe("/srv/control.sock");
  });

  test.each([
    ["relative", "run/c.sock"],
    ["a folder", "/run/"],
    ["longer than the kernel takes", `/${"x".repeat(107)}`],
  ])("refuses a control socket whose path is %s", (_, path) => {
    expect(texts(parse(`control-socket: ${path}${exoscale}`))[0]).toContain(
      "control-socket must be the absolute path of a socket, at most 107 bytes long",
    );
  });

  test("reads what a healthcheck may say beyond the Exoscale schema", () => {
    const check = `{ mode: https, port: 443, uri: /up, tls-sni: a.example, tls-skip-verify: true, interval: 5, timeout: 2.5,
      fast-interval: 500ms, expect-status: [200, "300-399"], expect-body: ok, headers: { X-Probe: 1 }, host-header: b.example,
      watch: true, reuse: true, resume: true }`;
    expect(
      load(exoscale.replace("{ mode: http, port: 80, uri: /healthz }", check)).groups[0]?.members[0]?.target,
    ).toMatchObject({
      http: {
        hostHeader: "b.example",
        headers: { "x-probe": "1" },
        expectBody: "ok",
        reuse: true,
        expectStatus: [
          { from: 200, to: 200 },
          { from: 300, to: 399 },
        ],
      },
      tls: { sni: "a.example", skipVerify: true, caPem: null, resume: true },
      intervalMs: 5_000,
      timeoutMs: 2_500,
      fastIntervalMs: 500,
      watch: true,
    });
  });

  test("keeps secrets out of everything that is printed", () => {
    const config = load(exoscale);
    const printed = `${JSON.stringify(config)} ${inspect(config, { depth: 9, showHidden: true })}`;
    expect(printed).not.toContain("EXO-key");
    expect(printed).not.toContain("exo-secret");
  });

  test("takes a key of YAML that looks like a number for the text that it is", () => {
    expect(load(cloud66.replace("abc123", "12e34567")).groups[0]?.address).toEqual({
      kind: "failover-group",
      id: "12e34567",
    });
  });

  test("ends an endpoint without a slash", () => {
    const text = exoscale.replace("zone:", "endpoint: https://127.0.0.1:8443/v2/, zone:");
    expect(load(text).providers[0]).toMatchObject({ endpoint: "https://127.0.0.1:8443/v2" });
  });

  test("follows aliases, and points to the anchor when something is wrong there", () => {
    const text = exoscale.replace(
      "members:",
      "x: &x { mode: tcp, port: 1, intervall: 3 }\n    y: *x\n    members:",
    );
    expect(texts(parse(text)).filter((line) => line.includes("unknown key"))).toHaveLength(2);
    const good = exoscale
      .replace("groups:", "defaults: { healthcheck: &check { mode: tcp, port: 22 } }\ngroups:")
      .replace("{ mode: http, port: 80, uri: /healthz }", "*check");
    expect(load(good).groups[0]?.members[0]?.target).toMatchObject({ mode: "tcp", port: 22, http: null });
  });

  test("reports problems of shape and of rules in one go, by line", () => {
    const second = exoscale
      .slice(exoscale.indexOf("  web:"))
      .replace("web:", "web2:")
      .replace("port: 80", "port: 0");
    const text = `lisen: x${exoscale.replace("name: b", "name: a")}${second.replaceAll("10.0.0.1", "10.0.0.2")}`;
    expect(texts(parse(text))).toEqual([
      'Cannot load config: unknown key "lisen": did you mean "listen"? (failoverd.yaml:1:1)',
      'Cannot load config: name must be unique in its group: member 1 has "a" too (failoverd.yaml:11:11)',
      "Cannot load config: port must be a whole number from 1 to 65535: got 0 (failoverd.yaml:15:32)",
    ]);
  });
});
