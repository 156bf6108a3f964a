/** The contract of `read()` and `check()`: the truth, or "could not ask"; never "nobody" for want of an answer. */
import { describe, expect, test } from "vitest";
import type { FaultEffect } from "../../../src/simulator/faults.ts";
import { Cloud, heldBy, instances, kinds, never, status } from "./clouds.ts";
import { leapOverHangs } from "./hangs.ts";

/** Everything that is not the answer to what was asked. */
const troubles: readonly (readonly [string, FaultEffect])[] = [
  ["200 with a gateway's HTML", status(200, "html")],
  ["200 cut in the middle", status(200, "truncated")],
  ["200 without a body", status(200, "empty")],
  ["200 that says no", status(200, "not-ok")],
  ["200 with JSON of another shape", status(200, "json")],
  ["204", status(204, "empty")],
  ["302", status(302, "empty")],
  ["400", status(400)],
  ["401", status(401)],
  ["403", status(403)],
  ["404", status(404)],
  ["408", status(408)],
  ["429 with Retry-After", status(429, "json", 1)],
  ["500 cut in the middle", status(500, "truncated")],
  ["502 with HTML", status(502, "html")],
  ["503", status(503)],
  ["503 without a body", status(503, "empty")],
  ["a lost reply", { kind: "lose-reply" }],
  ["a connection that breaks", { kind: "drop" }],
];

describe.each(kinds)("$name", (kind) => {
  test.each(kind.steps)("read() names the holders $before", async ({ before }) => {
    await using cloud = await Cloud.start(kind, { holders: before });
    expect(await cloud.provider.read(never)).toEqual(heldBy(before));
  });

  test.each(kind.steps)("read() follows a person who moves the address by hand to $after", async (each) => {
    await using cloud = await Cloud.start(kind, { holders: each.before });
    await cloud.provider.read(never);
    kind.setHolders(cloud.simulator.world, each.after);
    expect(await cloud.provider.read(never)).toEqual(heldBy(each.after));
  });

  test("read() and check() name a holder that the config does not know", async () => {
    const { named, holders, members } = kind.foreign;
    await using cloud = await Cloud.start(kind, { holders, members });
    expect(await cloud.provider.read(never)).toEqual({
      kind: "known",
      holders: [],
      foreign: [named],
      busy: null,
    });
    const findings = await cloud.provider.check(never);
    expect(findings.find(({ text }) => text.includes(named))?.severity).toBe("warning");
  });

  describe.each(kind.reads)("%s goes wrong", (operation) => {
    test.each(troubles)("read() is unknown after %s, time and again", async (_, effect) => {
      await using cloud = await Cloud.start(kind);
      cloud.breaks(operation, effect);
      expect(await cloud.provider.read(never)).toEqual({
        kind: "unknown",
        detail: expect.stringMatching(/^Cannot|^The account has no/),
      });
      cloud.simulator.world.faults.replace([]);
      expect(await cloud.provider.read(never)).toEqual(heldBy(cloud.holders));
    });

    // One 404 of one instance means that it was deleted, as long as another one is found.
    test.each(troubles.filter(([name]) => name !== "404" || operation !== "get-instance"))(
      "read() tells the truth or nothing after %s, once",
      async (_, effect) => {
        await using cloud = await Cloud.start(kind);
        const truth = heldBy(cloud.holders);
        // The second time with what is known already.
        for (let round = 1; round <= 2; round++) {
          cloud.breaks(operation, effect, 1);
          const reading = await cloud.provider.read(never);
          expect(reading.kind === "known" ? reading : truth).toEqual(truth);
        }
      },
    );

    test("read() is unknown when no answer ever comes, within its deadline", async () => {
      await using cloud = await Cloud.start(kind);
      cloud.breaks(operation, { kind: "hang" });
      leapOverHangs(cloud);
      const began = performance.now();
      expect(await cloud.provider.read(never)).toEqual({
        kind: "unknown",
        detail: expect.stringContaining("no answer (timeout)"),
      });
      expect(performance.now() - began).toBeLessThan(2_000);
    });
  });

  test("check() finds nothing wrong with a cloud in order, and changes nothing", async () => {
    await using cloud = await Cloud.start(kind);
    const findings = await cloud.provider.check(never);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(findings.filter(({ severity }) => severity === "ok").length).toBeGreaterThanOrEqual(3);
    expect(cloud.changesAsked).toBe(0);
  });

  test("wrong credentials make the reading unknown and the step rejected; check() says what to do", async () => {
    await using cloud = await Cloud.start(kind, { wrongCredentials: true });
    const { provider } = cloud;
    expect(await provider.read(never)).toMatchObject({
      kind: "unknown",
      detail: expect.stringMatching(/not accepted/),
    });
    for (const { step } of kind.steps)
      expect(await provider.execute(step, never)).toMatchObject({ kind: "rejected" });
    expect(cloud.changesAsked).toBe(0);
    const errors = (await provider.check(never)).filter(({ severity }) => severity === "error");
    expect(errors).not.toEqual([]);
    for (const { text, fix } of errors) {
      expect(text).toMatch(/not accepted/);
      expect(fix).toMatch(/^Check (api-key|token)/);
      expect(text + String(fix)).not.toMatch(/another-(secret|token)/);
    }
  });

  test.each(troubles)("nothing rejects while everything answers with %s", async (_, effect) => {
    await using cloud = await Cloud.start(kind);
    cloud.breaks("*", effect);
    const { provider } = cloud;
    expect((await provider.read(never)).kind).toBe("unknown");
    const findings = await provider.check(never);
    expect(findings.filter(({ severity, fix }) => severity !== "ok" && fix !== null)).not.toEqual([]);
    for (const { step } of [...kind.steps, ...kind.unsupported.map((step) => ({ step }))]) {
      expect((await provider.execute(step, never)).kind).toBe("rejected");
    }
    expect(cloud.changesAsked).toBe(0);
    expect(cloud.holders).toEqual(kind.steps[0]?.before);
  });

  test("nothing rejects and everything ends while nothing ever answers", async () => {
    await using cloud = await Cloud.start(kind);
    cloud.breaks("*", { kind: "hang" });
    leapOverHangs(cloud);
    const { provider } = cloud;
    expect((await provider.read(never)).kind).toBe("unknown");
    expect(await provider.check(never)).toContainEqual(expect.objectContaining({ severity: "unknown" }));
    for (const { step } of kind.steps) expect((await provider.execute(step, never)).kind).toBe("rejected");
  });

  test("read() and check() return as soon as the signal aborts", async () => {
    await using cloud = await Cloud.start(kind);
    cloud.breaks("*", { kind: "hang" });
    const began = performance.now();
    for (const call of ["read", "check"] as const) {
      const abort = new AbortController();
      cloud.onLog(() => abort.abort());
      const answer = await cloud.provider[call](abort.signal);
      if (call === "read") expect(answer).toMatchObject({ kind: "unknown" });
      const requests = cloud.services.records.length;
      expect((await cloud.provider.read(abort.signal)).kind).toBe("unknown");
      expect(cloud.services.records.length - requests).toBeLessThanOrEqual(kind.reads.length + 1);
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("Exoscale, when nobody holds the address", () => {
  const [exoscale] = kinds;
  if (exoscale === undefined) throw new Error("There is no Exoscale");

  test("read() says so", async () => {
    await using cloud = await Cloud.start(exoscale, { holders: [] });
    expect(await cloud.provider.read(never)).toEqual(heldBy([]));
    expect(await cloud.provider.read(never)).toEqual(heldBy([]));
  });

  test.each(troubles)(
    "read() does not say so when get-elastic-ip then answers with %s",
    async (_, effect) => {
      await using cloud = await Cloud.start(exoscale, { holders: [] });
      await cloud.provider.read(never);
      cloud.breaks("get-elastic-ip", effect);
      expect((await cloud.provider.read(never)).kind).toBe("unknown");
    },
  );

  test("read() finds a foreign holder beside a member", async () => {
    await using cloud = await Cloud.start(exoscale, { holders: ["web-a", "web-x"] });
    expect(await cloud.provider.read(never)).toEqual({
      ...heldBy(["web-a"]),
      foreign: [instances["web-x"]],
    });
  });
});
