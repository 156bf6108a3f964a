import { expect, test } from "vitest";
import { targetUrl, type Target } from "../../../src/core/target.ts";
import { plainHttp, tcpTarget } from "../daemon/results.ts";

const http = { ...plainHttp, uri: "/healthz?full=1" };

const target = tcpTarget({ mode: "http", host: "10.0.0.11", port: 8_080, http });

test.each<readonly [string, Partial<Target>, string]>([
  ["names host, port and path", {}, "http://10.0.0.11:8080/healthz?full=1"],
  ["brackets an IPv6 address", { host: "2001:db8::1" }, "http://[2001:db8::1]:8080/healthz?full=1"],
  ["has no path over TCP", { mode: "tcp", port: 22, http: null }, "tcp://10.0.0.11:22"],
  [
    "takes a name as it is",
    { mode: "https", host: "eu.example.com", port: 443 },
    "https://eu.example.com:443/healthz?full=1",
  ],
])("targetUrl() %s", (_, changes, wanted) => {
  expect(targetUrl({ ...target, ...changes })).toBe(wanted);
});
