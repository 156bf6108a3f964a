import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probe } from "../../../src/probes/probe.ts";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import { createResolver } from "../../../src/probes/resolve.ts";
import { type Answer, dnsServer } from "./dns-server.ts";
import { services, SHORT_MS, tcpServer, tcpTarget } from "./world.ts";

let folder: string;
let hostsFile: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "failoverd-dns-"));
  hostsFile = join(folder, "hosts");
  writeFileSync(
    hostsFile,
    "# a comment\n::1 both.test\n127.0.0.2 both.test Alias.test # more\n2001:db8::7 six.test\nnonsense bad.test\n",
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;

/** Probes `app.test` on a server at 127.0.0.1, with a DNS server that knows one answer. */
async function probeName(answer: Answer, timeoutMs = 10_000): Promise<ProbeResult> {
  await using dns = await dnsServer({ "app.test": answer });
  await using server = await tcpServer(() => undefined);
  const resolve = createResolver({ servers: [dns.address], hostsFile });
  return await probe(tcpTarget(server.port, { host: "app.test", timeoutMs }), services({ resolve }));
}

describe("probe() of a name", () => {
  test("tries its first IPv4 address, and times the resolution", async () => {
    const result = await probeName(["127.0.0.1", "127.0.0.9"]);
    expect(result).toMatchObject({ outcome: "pass", address: "127.0.0.1" });
    expect(result.phases.resolveMs).toBeGreaterThan(0);
    expect(result.phases.connectMs).toBeGreaterThan(0);
  });

  test.each<[string, Answer, string]>([
    ["does not exist", "nxdomain", "ENOTFOUND"],
    ["has no address of any family", [], "ENODATA"],
  ])("fails as dns when it %s", async (_title, answer, code) => {
    const result = await probeName(answer);
    expect(result).toMatchObject({
      outcome: "fail",
      cause: "dns",
      address: null,
      phases: { resolveMs: null },
    });
    expect(result.detail).toContain(code);
  });

  test.each<[string, Answer]>([
    ["is broken", "servfail"],
    ["refuses", "refused"],
  ])("is inconclusive when the resolver %s", async (_title, answer) => {
    expect(await probeName(answer)).toMatchObject({
      outcome: "inconclusive",
      cause: "dns-unavailable",
      address: null,
    });
  });

  test("is inconclusive when the resolver is silent, at the deadline", async () => {
    expect(await probeName("silence", SHORT_MS)).toMatchObject({
      outcome: "inconclusive",
      cause: "dns-unavailable",
      detail: `no answer from the resolver after ${SHORT_MS} ms`,
    });
  });

  test("is inconclusive when a resolver of somebody else throws", async () => {
    const resolve = (): Promise<never> => Promise.reject(new Error("boom"));
    const result = await probe(tcpTarget(1, { host: "app.test" }), services({ resolve }));
    expect(result).toMatchObject({ outcome: "inconclusive", cause: "internal", detail: "Error: boom" });
  });
});

describe("createResolver()", () => {
  test("asks for IPv6 only when there is no IPv4 address", async () => {
    await using dns = await dnsServer({
      "four.test": ["192.0.2.1", "2001:db8::1"],
      "six.test": ["2001:db8::1"],
    });
    const resolve = createResolver({ servers: [dns.address], hostsFile: "/nonexistent" });
    expect(await resolve("four.test", never)).toEqual({ address: "192.0.2.1" });
    expect(await resolve("Six.Test.", never)).toEqual({ address: "2001:db8::1" });
    expect(dns.questions).toEqual(["A four.test", "A six.test", "AAAA six.test"]);
  });

  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1%eth0"],
    ["localhost", "127.0.0.1"],
    ["LOCALHOST.", "127.0.0.1"],
    ["app.localhost", "127.0.0.1"],
    ["both.test", "127.0.0.2"],
    ["alias.TEST", "127.0.0.2"],
    ["six.test", "2001:db8::7"],
  ])("knows %s without asking anybody", async (host, address) => {
    await using dns = await dnsServer({});
    const resolve = createResolver({ servers: [dns.address], hostsFile });
    expect(await resolve(host, never)).toEqual({ address });
    expect(dns.questions).toEqual([]);
  });

  test("sees a changed hosts file, and asks DNS for what is not in it any more", async () => {
    await using dns = await dnsServer({ "bad.test": ["192.0.2.9"] });
    const path = join(folder, "changing");
    const resolve = createResolver({ servers: [dns.address], hostsFile: path });
    expect(await resolve("bad.test", never)).toEqual({ address: "192.0.2.9" });
    writeFileSync(path, "127.0.0.3 bad.test");
    expect(await resolve("bad.test", never)).toEqual({ address: "127.0.0.3" });
    writeFileSync(path, "127.0.0.33 other.test");
    expect(await resolve("bad.test", never)).toEqual({ address: "192.0.2.9" });
  });

  test("calls a hosts file that cannot be read its own trouble", async () => {
    const resolve = createResolver({ servers: ["127.0.0.1:1"], hostsFile: folder });
    expect(await resolve("app.test", never)).toMatchObject({ cause: "dns-unavailable" });
  });

  test("calls a server that is not there, and a name that cannot be asked for, its own trouble", async () => {
    const resolve = createResolver({ servers: ["127.0.0.1:1"], hostsFile });
    expect(await resolve("app.test", never)).toMatchObject({ cause: "dns-unavailable" });
    expect(await resolve("a..b", never)).toMatchObject({ cause: "dns-unavailable" });
  });
});
