import { describe, expect, test } from "vitest";

import { healthcheckJson } from "../../../src/providers/exoscale/healthcheck.ts";
import { mirrorOf } from "../../../src/providers/exoscale/mirror.ts";
import { storedIn } from "../../../src/providers/exoscale/stored.ts";
import { elasticIpSchema } from "../../../src/providers/exoscale/wire.ts";

const read = (healthcheck?: unknown) =>
  storedIn(elasticIpSchema.parse({ id: "e-1", ip: "198.51.100.7", healthcheck }));

const https = {
  mode: "https",
  port: 443,
  interval: 15,
  timeout: 3,
  "strikes-ok": 4,
  "strikes-fail": 5,
  uri: "/status?deep=1",
  "tls-sni": "www.example.com",
  "tls-skip-verify": true,
};

describe("storedIn()", () => {
  test.each([
    ["https", https],
    [
      "http",
      { mode: "http", port: 80, interval: 10, timeout: 2, "strikes-ok": 2, "strikes-fail": 3, uri: "/" },
    ],
    ["tcp", { mode: "tcp", port: 22, interval: 300, timeout: 60, "strikes-ok": 1, "strikes-fail": 20 }],
  ])("turns %s into a healthcheck that Exoscale would store again just so", (_, json) => {
    const reading = read(json);
    if (reading.kind !== "known") throw new Error(reading.detail);
    const { check, unlike, left } = mirrorOf([{ name: "a", target: { ...reading.check, host: "10.0.0.1" } }]);
    expect({ json: healthcheckJson(check), unlike, left }).toEqual({ json, unlike: [], left: [] });
  });

  test("takes Exoscale's defaults for what is absent, and says it in words", () => {
    expect(read({ mode: "http", port: 80 })).toMatchObject({
      kind: "known",
      check: {
        intervalMs: 10_000,
        timeoutMs: 2_000,
        strikesOk: 2,
        strikesFail: 3,
        http: { uri: "/" },
        tls: null,
      },
      text: "http on port 80, every 10 s within 2 s, healthy after 2, unhealthy after 3",
    });
  });

  test("leaves out what the mode has no use for, as Exoscale does", () => {
    expect(read({ mode: "tcp", port: 80, uri: "no path", "tls-sni": "not a name" })).toMatchObject({
      kind: "known",
      check: { mode: "tcp", http: null, tls: null },
    });
  });

  test("finds none in a manual Elastic IP, and says what to do", () => {
    expect(read()).toEqual({
      kind: "unusable",
      detail: "Elastic IP 198.51.100.7 has no healthcheck",
      fix: "Use an Elastic IP that was created with one, since Exoscale adds none later, or write a healthcheck of your own in place of from-elastic-ip",
    });
  });

  test.each([
    [{ mode: "icmp", port: 80 }, "its form is not known"],
    ["http", "its form is not known"],
    [{ ...https, interval: 1 }, "interval must be a whole number from 5 to 300"],
    [{ ...https, port: 0 }, "port must be a whole number from 1 to 65535"],
    [{ ...https, uri: "status" }, 'uri must start with / and be percent-encoded: got "status"'],
    [{ ...https, uri: "/a b\r\nX: y" }, 'uri must start with / and be percent-encoded: got "/a b\\r\\nX: y"'],
    [{ ...https, "tls-sni": "10.0.0.1" }, 'tls-sni must be a host name: got "10.0.0.1"'],
  ])("finds none to probe by in %j", (json, why) => {
    const reading = read(json);
    expect(reading.kind).toBe("unusable");
    expect("detail" in reading && reading.detail).toContain(why);
  });
});
