/** Where a command finds the daemon, by its options and its environment, and what is said of those that do not fit. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpointOf, type EndpointOptions } from "../../../src/cli/endpoint-option.ts";
import { endpointName, isExposed } from "../../../src/server/endpoint.ts";
import { CliError } from "../../../src/cli/exit-codes.ts";

let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "failoverd-endpoint-"));
  writeFileSync(file("token"), "from-the-file\n");
  writeFileSync(file("two-tokens"), "one\ntwo\n");
  writeFileSync(file("empty"), "\n");
  writeFileSync(file("config.yaml"), "control-socket: /run/somewhere/control.sock\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

function tokenAt(options: EndpointOptions, env: NodeJS.ProcessEnv = {}): string | null {
  const endpoint = endpointOf({ url: "https://h:9787", ...options }, env);
  return endpoint.kind === "url" ? (endpoint.token?.reveal() ?? null) : "no URL";
}

function complaint(options: EndpointOptions, env: NodeJS.ProcessEnv = {}): string {
  try {
    return endpointName(endpointOf(options, env));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.message;
  }
}

describe("endpointOf()", () => {
  test.each<readonly [string, EndpointOptions, NodeJS.ProcessEnv, string]>([
    ["--url", { url: "https://h:9787/" }, {}, "https://h:9787"],
    ["a path in --url", { url: "https://h/failoverd/" }, {}, "https://h/failoverd"],
    ["$FAILOVERD_URL", {}, { FAILOVERD_URL: "https://h:9787" }, "https://h:9787"],
    ["--url before $FAILOVERD_URL", { url: "https://h" }, { FAILOVERD_URL: "https://other" }, "https://h"],
    ["--socket before $FAILOVERD_URL", { socket: "/s" }, { FAILOVERD_URL: "https://h" }, "/s"],
    [
      "the config before an empty $FAILOVERD_URL",
      { socket: "/s" },
      { FAILOVERD_URL: "", FAILOVERD_TOKEN: "x" },
      "/s",
    ],
  ])("goes by %s", (_, options, env, name) => {
    expect(endpointName(endpointOf(options, env))).toBe(name);
  });

  test("goes by a config that is named before $FAILOVERD_URL", () => {
    const env = { FAILOVERD_URL: "https://h" };
    expect(endpointOf({ config: file("config.yaml") }, env)).toEqual({
      kind: "socket",
      path: "/run/somewhere/control.sock",
    });
  });

  test("takes the token from its file, else from $FAILOVERD_TOKEN, else does without", () => {
    const env = { FAILOVERD_TOKEN: "from-the-environment" };
    expect(tokenAt({ tokenFile: file("token") }, env)).toBe("from-the-file");
    expect(tokenAt({}, env)).toBe("from-the-environment");
    expect(tokenAt({}, { FAILOVERD_TOKEN: "" })).toBe(null);
    expect(tokenAt({}, {})).toBe(null);
  });

  test("sends a token over plain HTTP to this machine, and further only when told", () => {
    const env = { FAILOVERD_TOKEN: "t0ken" };
    for (const url of ["http://127.0.0.1:9787", "http://localhost:9787", "http://[::1]:9787"])
      expect(tokenAt({ url }, env)).toBe("t0ken");
    expect(complaint({ url: "http://192.0.2.7:9787" }, env)).toBe(
      "Cannot send the token to http://192.0.2.7:9787: over plain HTTP whoever is on the way can read it; use https, or say --insecure",
    );
    expect(tokenAt({ url: "http://192.0.2.7:9787", insecure: true }, env)).toBe("t0ken");
    expect(complaint({ url: "http://192.0.2.7:9787" })).toBe("http://192.0.2.7:9787");
  });

  test.each<readonly [string, EndpointOptions, string]>([
    ["both ways", { url: "https://h", socket: "/s" }, "--url and --socket exclude each other"],
    ["a token without a URL", { socket: "/s", tokenFile: "t" }, "--token-file is for a daemon that --url"],
    ["an authority without a URL", { socket: "/s", tlsCa: "t" }, "--tls-ca is for a daemon that --url"],
    ["no URL", { url: "failoverd.example.com" }, "--url must be a URL such as https://"],
    ["another protocol", { url: "ftp://h" }, "--url must be a URL such as https://"],
    ["a query", { url: "https://h/?a=b" }, "without a query"],
    ["TLS without TLS", { url: "http://h", tlsCa: "ca.pem" }, "http://h is plain HTTP"],
    ["a certificate alone", { url: "https://h", tlsCert: "c" }, "--tls-cert and --tls-key go together"],
    ["a key alone", { url: "https://h", tlsKey: "k" }, "--tls-cert and --tls-key go together"],
    ["an authority that is none", { url: "https://h", tlsCa: "/dev/null" }, "it holds no certificate in PEM"],
    ["a file that is not there", { url: "https://h", tlsCa: "/nowhere" }, "--tls-ca /nowhere is of no use"],
    ["no file", { url: "https://h", tokenFile: "/nowhere" }, "Cannot read the token: --token-file /nowhere"],
  ])("refuses %s", (_, options, words) => {
    expect(complaint(options)).toContain(words);
  });

  test.each(["two-tokens", "empty"])("refuses the file %s, and shows nothing of it", (name) => {
    const said = complaint({ url: "https://h", tokenFile: file(name) });
    expect(said).toBe(`--token-file ${file(name)} must hold one token, in visible ASCII without spaces`);
  });

  test("refuses a password in the URL, and shows nothing of it", () => {
    const said = complaint({ url: "https://ann:s3cret@h" });
    expect(said).toContain("without a name and a password");
    expect(said).not.toContain("s3cret");
    expect(complaint({ url: "s3cret@h:1" })).not.toContain("s3cret");
  });

  test("keeps the token out of whatever is printed of it", () => {
    const endpoint = endpointOf({ url: "https://h" }, { FAILOVERD_TOKEN: "s3cret" });
    expect(JSON.stringify(endpoint)).not.toContain("s3cret");
    expect(endpointName(endpoint)).not.toContain("s3cret");
    if (endpoint.kind === "url") expect(isExposed(endpoint)).toBe(false);
  });
});
