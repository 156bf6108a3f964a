/** What is asked through the address, and whose answer it is. */
import { describe, expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/probe-result.ts";
import type { GroupConfig, PathConfig } from "../../../src/config/config.ts";
import type { HttpCheck, Target, TlsCheck } from "../../../src/core/target.ts";
import { PathWatch } from "../../../src/daemon/path-watch.ts";
import { noCalendar } from "../config/sample.ts";
import { defaultPolicy } from "../core/facts-text.ts";
import { DaemonStage } from "./stage.ts";
import { failed, passed, resultOf, tcpTarget } from "./results.ts";

const http: HttpCheck = {
  uri: "/healthz",
  method: "GET",
  hostHeader: null,
  headers: {},
  expectStatus: [{ from: 200, to: 200 }],
  expectHeader: null,
  expectBody: null,
  reuse: false,
};
const tls: TlsCheck = { sni: null, skipVerify: false, caPem: null, resume: false };

function watch(path: Partial<PathConfig> = {}, target: Partial<Target> = {}): PathWatch {
  const group: GroupConfig = {
    name: "shop",
    provider: "c66",
    address: { kind: "failover-group", id: "abc" },
    policy: { ...defaultPolicy, verify: { withinMs: 30_000, otherwise: "hold" } },
    calendar: noCalendar,
    path: { host: "shop.example.com", port: null, identity: null, ...path },
    members: ["eu", "us"].map((name, i) => ({
      name,
      identity: `${name}-1`,
      holder: { kind: "stack", id: i === 0 ? "primary" : "secondary" },
      target: tcpTarget({ host: `${name}.example.com`, mode: "https", http, tls, ...target }),
    })),
  };
  return PathWatch.of(group, 0)!;
}

describe("PathWatch.target()", () => {
  test("asks what the holder is asked, at the address of the group", () => {
    expect(watch().target(["us"])).toMatchObject({ host: "shop.example.com", mode: "https", http, tls });
  });

  test("asks at another port if clients do", () => {
    expect(watch({ port: 8443 }).target(["us"])).toMatchObject({ host: "shop.example.com", port: 8443 });
  });

  test("wants the identity of the holder in a header, or in the body", () => {
    expect(watch({ identity: { header: "x-served-by" } }).target(["us"]).http).toMatchObject({
      expectHeader: { name: "x-served-by", value: "us-1" },
    });
    expect(watch({ identity: "body" }).target(["eu"]).http).toMatchObject({ expectBody: "eu-1" });
  });

  test("wants no identity while nobody, or more than one, holds the address", () => {
    for (const holders of [[], ["eu", "us"]]) {
      expect(watch({ identity: { header: "x" } }).target(holders).http).toEqual(http);
    }
  });

  test("keeps nothing from one probe to the next: it would lead to the holder of before", () => {
    const target = { http: { ...http, reuse: true }, tls: { ...tls, resume: true } };
    expect(watch({}, target).target(["us"])).toMatchObject({
      http: { reuse: false },
      tls: { resume: false },
    });
  });

  test("asks for the certificate of the member when clients use a bare address", () => {
    expect(watch({ host: "198.51.100.7" }).target(["us"]).tls).toMatchObject({ sni: "us.example.com" });
    expect(
      watch({ host: "198.51.100.7" }, { tls: { ...tls, sni: "www.example.com" } }).target(["us"]).tls,
    ).toMatchObject({
      sni: "www.example.com",
    });
  });

  test("is asked as often as the member that is asked most, and every second while an answer is missing", () => {
    expect(watch({}, { intervalMs: 20_000 }).pace).toMatchObject({
      intervalMs: 20_000,
      fastIntervalMs: 1_000,
    });
    expect(watch({}, { intervalMs: 500 }).pace).toMatchObject({ intervalMs: 500, fastIntervalMs: 500 });
  });
});

test("tells what is probed once others hold the address", () => {
  const seen = watch();
  const told: Target[] = [];
  seen.onTarget = (target) => told.push(target);
  seen.holdersChanged(["us"], 1_000);
  expect(told).toEqual([seen.target(["us"])]);
});

test("after a start the address is probed as its holder is, also when that is not the first member", async () => {
  const policy = { verify: { withinMs: 30_000, otherwise: "hold" } } as const;
  const stage = new DaemonStage({ holders: ["b"], policy, targetOf: { b: { port: 443 } } });
  stage.answer("path", "refused");
  stage.answer("path:443", "ok");
  await stage.clock.advance(300_000);
  expect(stage.rule).toBe("steady");
});

test("after a reload that changes who the members are, the address is probed by the healthcheck of now", async () => {
  const stage = new DaemonStage({ policy: { verify: { withinMs: 30_000, otherwise: "hold" } } });
  await stage.clock.advance(120_000);
  stage.answer("path", "refused");
  stage.answer("path:8080", "ok");
  // Nor does it wait for who holds the address.
  stage.cloud.blindness = "503";
  await stage.reload(
    (group) => ({
      ...group,
      members: ["a", "b"].map((host) => ({
        name: host,
        identity: host,
        holder: { kind: "instance", id: host },
        target: tcpTarget({ host, port: 8080 }),
      })),
    }),
    { identity: "another" },
  );
  await stage.clock.advance(600_000);
  const last = stage.events.findLast((event) => event.type === "path-probe");
  expect(last?.result.cause).toBe("ok");
});

describe("PathWatch.holdersRead()", () => {
  test("tells what is probed when it is first known who holds the address, and again only when that is another", () => {
    const seen = watch();
    const told: Target[] = [];
    seen.onTarget = (target) => told.push(target);
    for (const holders of [["us"], ["us"], ["eu", "us"]]) seen.holdersRead(holders);
    expect(told).toEqual([seen.target(["us"]), seen.target(["eu", "us"])]);
  });
});

describe("PathWatch.observe()", () => {
  const fresh = (seen: ProbeResult) => ({ seen, isOld: false });
  const at = (address: string) => ({ ...passed(), address });

  function seenBefore(): PathWatch {
    const seen = watch();
    seen.noteAddress("eu", "203.0.113.1");
    seen.noteAddress("us", "203.0.113.2");
    seen.moved({ member: "us", startedAt: 0 }, false, 0);
    return seen;
  }

  test("does not take the old stack's answer, where stale DNS still leads to, for the new one's", () => {
    const seen = seenBefore();
    expect(seen.observe(fresh(at("203.0.113.1")), ["us"], 1_000)).toMatchObject({
      verified: null,
      urgent: true,
    });
    expect(seen.facts(0).detail).toBe("shop.example.com still leads to eu (203.0.113.1)");
    expect(seen.observe(fresh(at("203.0.113.2")), ["us"], 5_000).verified).toMatchObject({
      afterMs: 5_000,
      late: false,
    });
  });

  test("tells of no run of fails once the last of them is too old to act upon, and of news when there is one again", () => {
    const seen = seenBefore();
    for (const now of [1_000, 2_000, 3_000]) seen.observe(fresh(failed()), ["us"], now);
    expect(seen.facts(3_000)).toMatchObject({ health: "unhealthy", failingSince: 999 });
    const inconclusive = fresh(resultOf("dns-unavailable"));
    expect(seen.observe(inconclusive, ["us"], 60_000).changed).toBe(false);
    expect(seen.facts(60_000)).toMatchObject({ health: "unhealthy", failingSince: null });
    expect(seen.observe(fresh(failed()), ["us"], 60_001).changed).toBe(true);
    expect(seen.facts(60_001).failingSince).toBe(999);
  });

  test("believes an answer from an address that no member was found at, such as a proxy's", () => {
    expect(seenBefore().observe(fresh(at("203.0.113.9")), ["us"], 1_000).verified).not.toBeNull();
  });

  test("believes an address that both members share", () => {
    const seen = seenBefore();
    seen.noteAddress("us", "203.0.113.1");
    expect(seen.observe(fresh(at("203.0.113.1")), ["us"], 1_000).verified).not.toBeNull();
  });

  test("remembers sixteen addresses of a member", () => {
    const seen = watch();
    for (let i = 1; i <= 17; i++) seen.noteAddress("eu", `203.0.113.${i}`);
    seen.moved({ member: "us", startedAt: 0 }, false, 0);
    expect(seen.observe(fresh(at("203.0.113.1")), ["us"], 1).verified).not.toBeNull();
    seen.moved({ member: "us", startedAt: 0 }, false, 0);
    expect(seen.observe(fresh(at("203.0.113.2")), ["us"], 2).verified).toBeNull();
  });

  test("does not take an answer for the new holder's that was asked for before the address had moved", () => {
    const seen = seenBefore();
    seen.holdersChanged(["us"], 1_000);
    seen.moved({ member: "us", startedAt: 1_000 }, false, 1_000);
    expect(seen.observe({ seen: passed(), isOld: true }, ["us"], 2_000)).toMatchObject({
      verified: null,
      urgent: true,
    });
    expect(seen.observe(fresh(passed()), ["us"], 2_500).verified).toMatchObject({ afterMs: 1_500 });
  });

  test("counts the outage from the start of the first probe that failed", () => {
    const seen = seenBefore();
    seen.observe(fresh({ ...failed(), durationMs: 2_000 }), ["us"], 10_000);
    seen.observe(fresh({ ...failed(), durationMs: 2_000 }), ["us"], 13_000);
    expect(seen.observe(fresh(passed()), ["us"], 31_000).verified).toEqual({
      member: "us",
      afterMs: 31_000,
      outageMs: 23_000,
      late: true,
    });
  });

  test("counts the outage also when somebody answered before the move had ended", () => {
    const seen = watch();
    seen.observe(fresh(failed()), ["eu"], 10_000);
    seen.observe(fresh(passed()), ["eu", "us"], 31_000);
    seen.observe(fresh(failed()), ["eu", "us"], 32_000);
    seen.observe(fresh(passed()), ["eu", "us"], 33_000);
    seen.moved({ member: "us", startedAt: 30_000 }, false, 34_000);
    expect(seen.observe(fresh(passed()), ["us"], 35_000).verified).toMatchObject({
      afterMs: 1_000,
      outageMs: 23_000 + failed().durationMs,
    });
  });

  test("leaves out an outage that was over before the move began", () => {
    const seen = watch();
    seen.observe(fresh(failed()), ["eu"], 10_000);
    seen.observe(fresh(passed()), ["eu"], 20_000);
    seen.moved({ member: "us", startedAt: 30_000 }, false, 31_000);
    expect(seen.observe(fresh(passed()), ["us"], 32_000).verified).toMatchObject({ outageMs: 0 });
  });
});
