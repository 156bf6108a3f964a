/** A daemon that is asked from another machine, over TCP and TLS: what comes through, and what is said when it does not. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, askingOf, type AskOptions } from "../../../src/cli/ask.ts";
import { endpointOf } from "../../../src/cli/endpoint-option.ts";
import { CliError } from "../../../src/cli/exit-codes.ts";
import { Secret } from "../../../src/config/secret.ts";
import { systemClock } from "../../../src/daemon/clock.ts";
import { hear } from "../../../src/server/event-client.ts";
import { makeCa, makeCertificate, type Credentials } from "../probes/certificates.ts";
import { rawHttpServer, tcpServer } from "../probes/world.ts";
import { secrets, TcpStage, tokens } from "./tcp-stage.ts";

let folder: string;
let ca: Credentials;
let certificate: Credentials;
let client: Credentials;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "failoverd-far-"));
  ca = await makeCa();
  certificate = await makeCertificate({ ip: "127.0.0.1", ca });
  client = await makeCertificate({ name: "ann", ca });
  file("ca.pem", ca.cert);
  file("other-ca.pem", (await makeCa()).cert);
  file("client.pem", client.cert);
  file("client.key", client.key);
  file("ops", secrets.ops);
  file("grafana", secrets.grafana);
  file("wrong", "read-0123456789abd");
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
}

/** @param options whose files are those of the folder. */
function asked(
  url: string,
  options: Partial<AskOptions> = {},
  request: Parameters<typeof ask>[0] = { method: "GET", path: "/api/v1/status" },
): Promise<unknown> {
  const paths = Object.entries(options).map(([key, name]) => [
    key,
    typeof name === "string" ? join(folder, name) : name,
  ]);
  const output = { stdout: new PassThrough(), stderr: new PassThrough(), colours: false };
  const all = { url, json: false, ...(Object.fromEntries(paths) as Partial<AskOptions>) };
  return ask(request, askingOf(all, output));
}

async function endOf(answer: Promise<unknown>): Promise<readonly [number, string]> {
  try {
    return [0, JSON.stringify(await answer)];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    for (const secret of Object.values(secrets)) expect(error.message).not.toContain(secret);
    return [error.exitCode, error.message];
  }
}

const pause = {
  method: "POST",
  path: "/api/v1/pause",
  body: { group: "g", for: "1h", reason: "upgrade", by: "ann" },
} as const;

describe("a daemon that is asked with --url", () => {
  test("answers readings and orders, signed with the token and with who says that they give it", async () => {
    await using stage = await TcpStage.start({ tokens, tls: null });
    const { url } = stage.server;
    expect(await asked(url, { tokenFile: "grafana" })).toMatchObject({ version: "1.2.3" });
    expect(await asked(url, { tokenFile: "ops" }, pause)).toMatchObject({
      text: "ann (token ops from 127.0.0.1) pauses g for 1h: upgrade",
    });
  });

  test("refuses with exit code 3 who has no token, a wrong one, or one of scope read; and says what to do", async () => {
    await using stage = await TcpStage.start({ tokens, tls: null });
    const { url } = stage.server;
    const [code, text] = await endOf(asked(url));
    expect([code, text]).toEqual([3, expect.stringContaining("from --token-file or $FAILOVERD_TOKEN")]);
    expect(await endOf(asked(url, { tokenFile: "wrong" }))).toEqual([code, text]);
    expect(await endOf(asked(url, { tokenFile: "grafana" }, pause))).toEqual([
      3,
      "The token grafana may read and not give orders: its scope is read (refused by the rule forbidden)",
    ]);
  });

  test("is reached over TLS by who trusts its authority, and shows the certificate that it asks for", async () => {
    const tls = {
      certPem: certificate.cert,
      key: new Secret(certificate.key),
      clientCaPem: ca.cert,
    };
    await using stage = await TcpStage.start({ tokens, tls });
    const { url } = stage.server;
    const mine = { tokenFile: "ops", tlsCa: "ca.pem", tlsCert: "client.pem", tlsKey: "client.key" };
    expect(await asked(url, mine)).toMatchObject({ version: "1.2.3" });
    expect(await endOf(asked(url, { tokenFile: "ops", tlsCa: "ca.pem" }))).toEqual([
      4,
      expect.stringMatching(/certificate of (yours|a client), .*--tls-cert FILE and --tls-key FILE/),
    ]);
  });

  test.each([
    ["an authority that is not known", {}, undefined, "signed by nobody who is trusted here"],
    ["another authority", { tlsCa: "other-ca.pem" }, undefined, "with --tls-ca FILE"],
    ["another name", { tlsCa: "ca.pem" }, { name: "app.test" }, "its certificate is for another name"],
    [
      "a certificate that has expired",
      { tlsCa: "ca.pem" },
      { ip: "127.0.0.1", fromDay: -3, toDay: -2 },
      "its certificate has expired",
    ],
    [
      "a certificate of tomorrow",
      { tlsCa: "ca.pem" },
      { ip: "127.0.0.1", fromDay: 1, toDay: 2 },
      "is the clock of this machine right",
    ],
  ])("is not reached with %s, and the fix is named", async (_, options, made, words) => {
    const { cert, key } = made === undefined ? certificate : await makeCertificate({ ...made, ca });
    await using stage = await TcpStage.start({
      tokens,
      tls: { certPem: cert, key: new Secret(key), clientCaPem: null },
    });
    const [code, text] = await endOf(asked(stage.server.url, { tokenFile: "ops", ...options }));
    expect(code).toBe(4);
    expect(text).toContain(`Cannot reach the daemon on ${stage.server.url}: `);
    expect(text).toContain(words);
  });

  test("is not reached over TLS when it speaks none, nor without when it does", async () => {
    await using plain = await TcpStage.start({ tokens, tls: null });
    const secure = plain.server.url.replace("http:", "https:");
    const [code, text] = await endOf(asked(secure, { tokenFile: "ops" }));
    expect([code, text]).toEqual([4, expect.stringContaining("does it speak TLS there")]);
    const tls = { certPem: certificate.cert, key: new Secret(certificate.key), clientCaPem: null };
    await using stage = await TcpStage.start({ tokens, tls });
    const bare = stage.server.url.replace("https:", "http:");
    expect(await endOf(asked(bare, { tokenFile: "ops" }))).toEqual([
      4,
      expect.stringContaining("perhaps it speaks TLS there, and the URL begins with https://"),
    ]);
  });

  test("is not there when nobody listens, or somebody else does", async () => {
    const gone = await tcpServer(() => undefined);
    await gone[Symbol.asyncDispose]();
    expect(await endOf(asked(`http://127.0.0.1:${gone.port}`))).toEqual([
      4,
      expect.stringContaining("nobody listens there. To check: is the daemon running"),
    ]);
    await using other = await rawHttpServer((socket) =>
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    );
    expect(await endOf(asked(`http://127.0.0.1:${other.port}/failoverd`))).toEqual([
      4,
      expect.stringContaining(`what answers on http://127.0.0.1:${other.port}/failoverd: it is another`),
    ]);
  });

  test("tells what happens over TLS to a token of scope read, until it closes; also when somebody reads nothing", async () => {
    const tls = { certPem: certificate.cert, key: new Secret(certificate.key), clientCaPem: null };
    const stage = await TcpStage.start({ tokens, tls });
    const endpoint = endpointOf({
      url: stage.server.url,
      tokenFile: join(folder, "grafana"),
      tlsCa: join(folder, "ca.pem"),
    });
    const { signal } = new AbortController();
    const listening = { endpoint, after: "oldest", follow: true, group: null, types: "order" };
    const heard = hear(listening, { clock: systemClock, random: () => 0, signal });
    const { port } = new URL(stage.server.url);
    const deaf = connect({ host: "127.0.0.1", port: Number(port), ca: ca.cert });
    deaf.write(`GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secrets.grafana}\r\n\r\n`);
    await once(deaf, "readable");
    const { people } = stage.control.daemon.daemon;
    for (let i = 0; i < 1_500; i++)
      people.pause("g", { by: "ann", reason: "x".repeat(480), forMs: 3_600_000 });
    for (let i = 0; i < 1_500; i++) expect((await heard.next()).value).toMatchObject({ kind: "event" });
    await stage[Symbol.asyncDispose]();
    expect((await heard.next()).value).toMatchObject({ kind: "cut" });
    await heard.return(null);
    deaf.destroy();
  });

  test("may be below a path, as behind a proxy", async () => {
    const seen: string[] = [];
    await using proxy = await rawHttpServer((socket, request) => {
      seen.push(request.split("\r\n")[0] ?? "");
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    });
    expect(await asked(`http://127.0.0.1:${proxy.port}/failoverd/`)).toEqual({});
    expect(seen).toEqual(["GET /failoverd/api/v1/status HTTP/1.1"]);
  });
});
