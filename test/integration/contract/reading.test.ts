/** The contract of `read()` and `check()`: the truth, or "could not ask"; never "nobody" for want of an answer. */
import { describe, expect, test } from "vitest";
import { clouds, instances } from "./clouds.ts";
import { leapOverHangs } from "./hangs.ts";
import { kinds } from "./kinds.ts";
import { heldBy, never } from "./subject.ts";

describe.each(kinds)("$name", (kind) => {
  const { troubles } = kind;

  test.each(kind.steps)("read() names the holders $before", async ({ before }) => {
    await using world = await kind.start({ holders: before });
    expect(await world.provider.read(never)).toEqual(heldBy(before));
  });

  test.each(kind.steps)("read() follows a person who moves the address by hand to $after", async (each) => {
    await using world = await kind.start({ holders: each.before });
    await world.provider.read(never);
    world.setHolders(each.after);
    expect(await world.provider.read(never)).toEqual(heldBy(each.after));
  });

  test("read() and check() name a holder that the config does not know", async () => {
    const { named, holders, members } = kind.foreign;
    await using world = await kind.start({ holders, members });
    expect(await world.provider.read(never)).toEqual({
      kind: "known",
      holders: [],
      foreign: [named],
      busy: null,
    });
    const findings = await world.provider.check(never);
    expect(findings.find(({ text }) => text.includes(named))?.severity).toBe("warning");
  });

  describe.each(kind.reads)("%s goes wrong", (operation) => {
    test.each(troubles.reading)("read() is unknown after %s, time and again", async (_, trouble) => {
      await using world = await kind.start();
      world.breaks(operation, trouble);
      expect(await world.provider.read(never)).toEqual({
        kind: "unknown",
        detail: expect.stringMatching(/^Cannot|^The account has no/),
      });
      world.mends();
      expect(await world.provider.read(never)).toEqual(heldBy(world.holders));
    });

    test.each(troubles.reading.filter(([name]) => !troubles.answers(name, operation)))(
      "read() tells the truth or nothing after %s, once",
      async (_, trouble) => {
        await using world = await kind.start();
        const truth = heldBy(world.holders);
        // The second time with what is known already.
        for (let round = 1; round <= 2; round++) {
          world.breaks(operation, trouble, 1);
          const reading = await world.provider.read(never);
          expect(reading.kind === "known" ? reading : truth).toEqual(truth);
        }
      },
    );

    test("read() is unknown when no answer ever comes, within its deadline", async () => {
      await using world = await kind.start();
      world.breaks(operation, troubles.hang);
      leapOverHangs(world);
      const began = performance.now();
      expect(await world.provider.read(never)).toEqual({
        kind: "unknown",
        detail: expect.stringContaining("no answer (timeout)"),
      });
      expect(performance.now() - began).toBeLessThan(2_000);
    });
  });

  test("check() finds nothing wrong with a world in order, and changes nothing", async () => {
    await using world = await kind.start();
    const findings = await world.provider.check(never);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(findings.filter(({ severity }) => severity === "ok").length).toBeGreaterThanOrEqual(3);
    expect(world.changesAsked).toBe(0);
  });

  const { unfit } = kind;
  /** What a step may come to that nobody answers. */
  const unmade = kind.looksFirst ? ["rejected"] : ["rejected", "uncertain"];
  test(`${unfit.title} make the reading unknown and the step rejected; check() says what to do`, async () => {
    await using world = await kind.start({ isUnfit: true });
    const { provider } = world;
    expect(await provider.read(never)).toMatchObject({
      kind: "unknown",
      detail: expect.stringMatching(unfit.said),
    });
    for (const { step } of kind.steps)
      expect(await provider.execute(step, never)).toMatchObject({ kind: "rejected" });
    expect(world.changesAsked).toBe(0);
    const errors = (await provider.check(never)).filter(({ severity }) => severity === "error");
    expect(errors).not.toEqual([]);
    for (const { text, fix } of errors) {
      expect(text).toMatch(unfit.said);
      expect(fix).toMatch(unfit.fix);
      expect(text + String(fix)).not.toMatch(unfit.secret);
    }
  });

  test.each(troubles.reading)("nothing rejects while everything answers with %s", async (_, trouble) => {
    await using world = await kind.start();
    world.breaks("*", trouble);
    const { provider } = world;
    expect((await provider.read(never)).kind).toBe("unknown");
    const findings = await provider.check(never);
    expect(findings.filter(({ severity, fix }) => severity !== "ok" && fix !== null)).not.toEqual([]);
    for (const { step } of kind.steps) expect(unmade).toContain((await provider.execute(step, never)).kind);
    for (const step of kind.unsupported) expect((await provider.execute(step, never)).kind).toBe("rejected");
    if (kind.looksFirst) expect(world.changesAsked).toBe(0);
    expect(world.changes).toBe(0);
    expect(world.holders).toEqual(kind.steps[0]?.before);
  });

  test("nothing rejects and everything ends while nothing ever answers", async () => {
    await using world = await kind.start();
    world.breaks("*", troubles.hang);
    leapOverHangs(world);
    const { provider } = world;
    expect((await provider.read(never)).kind).toBe("unknown");
    expect(await provider.check(never)).toContainEqual(expect.objectContaining({ severity: "unknown" }));
    for (const { step } of kind.steps) expect(unmade).toContain((await provider.execute(step, never)).kind);
  });

  test("read() and check() return as soon as the signal aborts", async () => {
    await using world = await kind.start();
    world.breaks("*", troubles.hang);
    const began = performance.now();
    for (const call of ["read", "check"] as const) {
      const abort = new AbortController();
      world.onRequest(() => abort.abort());
      const answer = await world.provider[call](abort.signal);
      if (call === "read") expect(answer).toMatchObject({ kind: "unknown" });
      const requests = world.services.records.length;
      expect((await world.provider.read(abort.signal)).kind).toBe("unknown");
      expect(world.services.records.length - requests).toBeLessThanOrEqual(kind.reads.length + 1);
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("Exoscale, when nobody holds the address", () => {
  const [exoscale] = clouds;
  if (exoscale === undefined) throw new Error("There is no Exoscale");

  test("read() says so", async () => {
    await using world = await exoscale.start({ holders: [] });
    expect(await world.provider.read(never)).toEqual(heldBy([]));
    expect(await world.provider.read(never)).toEqual(heldBy([]));
  });

  test.each(exoscale.troubles.reading)(
    "read() does not say so when get-elastic-ip then answers with %s",
    async (_, trouble) => {
      await using world = await exoscale.start({ holders: [] });
      await world.provider.read(never);
      world.breaks("get-elastic-ip", trouble);
      expect((await world.provider.read(never)).kind).toBe("unknown");
    },
  );

  test("read() finds a foreign holder beside a member", async () => {
    await using world = await exoscale.start({ holders: ["web-a", "web-x"] });
    expect(await world.provider.read(never)).toEqual({
      ...heldBy(["web-a"]),
      foreign: [instances["web-x"]],
    });
  });
});
