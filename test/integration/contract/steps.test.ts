/**
 * The contract of `execute()`: applied, rejected or uncertain, each of them true. After it, every reading by a provider
 * that is not busy names the holders that the cloud has.
 */
import { describe, expect, test } from "vitest";
import type { Reading } from "../../../src/core/address.ts";
import type { FaultEffect } from "../../../src/simulator/faults.ts";
import { Cloud, heldBy, kinds, never, status, stepCases, type StepCase } from "./clouds.ts";
import { leapOverHangs } from "./hangs.ts";

const failed: FaultEffect = {
  kind: "operation-state",
  state: "failure",
  reason: "unavailable",
  message: "no capacity",
};

describe.each(stepCases)("$title", (it) => {
  const { kind, step, operation, before, after } = it;
  const start = (): Promise<Cloud> => Cloud.start(kind, { holders: before });

  test("a step that is applied shows in the next reading", async () => {
    await using cloud = await start();
    expect(await cloud.provider.execute(step, never)).toMatchObject({ kind: "applied" });
    expect(cloud.holders).toEqual(after);
    expect(await cloud.provider.read(never)).toEqual(heldBy(after));
    expect(cloud.changesAsked).toBe(1);
  });

  test("a step that is already so is applied and changes nothing", async () => {
    await using cloud = await Cloud.start(kind, { holders: after });
    const changes: unknown[] = [];
    cloud.simulator.world.onChange(() => changes.push(cloud.holders));
    expect(await cloud.provider.execute(step, never)).toMatchObject({ kind: "applied" });
    expect(changes).toEqual([]);
    expect(await cloud.provider.read(never)).toEqual(heldBy(after));
  });

  test.each(
    [400, 401, 402, 403, 404, 409, 412, 422, 429, 501].flatMap((code) => [
      [code, "json"] as const,
      [code, "html"] as const,
    ]),
  )("a step that is refused with %i (%s) is rejected, and nothing has changed", async (code, body) => {
    await using cloud = await start();
    cloud.breaks(operation, status(code, body), 1);
    expect(await cloud.provider.execute(step, never)).toMatchObject({
      kind: "rejected",
      detail: expect.stringContaining(String(code)),
    });
    expect(cloud.holders).toEqual(before);
    expect(await cloud.provider.read(never)).toEqual(heldBy(before));
    expect(cloud.changesAsked).toBe(1);
  });

  test.each<[string, FaultEffect]>([
    ["503", status(503)],
    ["502 with HTML", status(502, "html")],
    ["500 cut in the middle", status(500, "truncated")],
    ["408", status(408)],
    ["302", status(302, "empty")],
    ["200 with HTML", status(200, "html")],
    ["200 without a body", status(200, "empty")],
    ["a connection that breaks", { kind: "drop" }],
  ])(
    "after %s, with nothing done, the readings tell so, and the step is not sent twice",
    async (_, trouble) => {
      await using cloud = await start();
      cloud.breaks(operation, trouble, 1);
      const { effect, readings } = await carriedOut(cloud, it);
      expect(["uncertain", "rejected"]).toContain(effect);
      expect(readings).toEqual([before]);
      expect(cloud.holders).toEqual(before);
      expect(cloud.changesAsked).toBe(1);
    },
  );

  test("a step without any answer is uncertain, and the readings tell that nothing was done", async () => {
    await using cloud = await start();
    cloud.breaks(operation, { kind: "hang" }, 1);
    leapOverHangs(cloud);
    const { effect, readings } = await carriedOut(cloud, it);
    expect(effect).toBe("uncertain");
    expect(readings).toEqual([before]);
    expect(cloud.holders).toEqual(before);
  });

  test("a lost reply after the work was done ends uncertain or applied, and the readings tell the truth", async () => {
    await using cloud = await start();
    cloud.breaks(operation, { kind: "lose-reply" }, 1);
    const { effect, readings } = await carriedOut(cloud, it);
    expect(["uncertain", "applied"]).toContain(effect);
    expect(readings.at(-1)).toEqual(after);
    expect([[after], [before, after]]).toContainEqual(readings);
    expect(cloud.holders).toEqual(after);
    expect(cloud.changesAsked).toBe(1);
  });

  test.each<[string, FaultEffect]>([
    ["503", status(503)],
    ["502 with HTML", status(502, "html")],
    ["403", status(403)],
    ["404", status(404)],
    ["429 with Retry-After", status(429, "json", 1)],
    ["a lost reply", { kind: "lose-reply" }],
    ["what was before", { kind: "stale-read" }],
  ])("a step that is carried out is never rejected because following it ends in %s", async (_, effect) => {
    await using cloud = await start();
    const { faults } = cloud.simulator.world;
    cloud.once(operation, () => cloud.breaks(kind.follow, effect, 5));
    expect((await cloud.provider.execute(step, never)).kind).not.toBe("rejected");
    faults.replace([]);
    expect((await cloud.settled()).at(-1)).toEqual(heldBy(after));
    expect(cloud.changesAsked).toBe(1);
  });

  test("an operation that fails changes nothing, and the step is not called applied", async () => {
    await using cloud = await start();
    cloud.breaks(operation, failed, 1);
    expect(await cloud.provider.execute(step, never)).toMatchObject({ kind: kind.failedOperation });
    expect(cloud.holders).toEqual(before);
    expect(await cloud.provider.read(never)).toMatchObject({ kind: "known", holders: before });
  });

  test("a stuck operation ends uncertain within the deadline, and read() says busy, though not for ever", async () => {
    await using cloud = await start();
    cloud.breaks(operation, { kind: "stuck" }, 1);
    const { provider, services } = cloud;
    const began = services.now();
    const effect = await provider.execute(step, never);
    expect(effect).toMatchObject({ kind: "uncertain" });
    expect(services.now() - began).toBeLessThanOrEqual(provider.capabilities.stepDeadlineMs);
    const reading = await provider.read(never);
    expect(reading).toMatchObject({ kind: "known", holders: before, busy: expect.any(String) });

    services.leapTo(services.now() + 900_000);
    if (kind.endlesslyBusy) {
      const later = await provider.read(never);
      expect(later).toMatchObject({ busy: expect.stringContaining("busy_toggling") });
      return;
    }
    expect(await provider.read(never)).toEqual(heldBy(before));
    const text: unknown = expect.stringContaining("no longer waited for");
    expect(await provider.check(never)).toContainEqual(
      expect.objectContaining({ severity: "warning", text }),
    );
  });

  test("a signal that has aborted already sends nothing", async () => {
    await using cloud = await start();
    for (const known of [false, true]) {
      if (known) await cloud.provider.read(never);
      expect(await cloud.provider.execute(step, AbortSignal.abort())).toMatchObject({ kind: "rejected" });
    }
    expect(cloud.changesAsked).toBe(0);
  });

  test("aborting while the request is under way returns at once, uncertain", async () => {
    await using cloud = await start();
    const abort = new AbortController();
    cloud.breaks(operation, { kind: "hang" }, 1);
    cloud.once(operation, () => abort.abort());
    const began = performance.now();
    expect(await cloud.provider.execute(step, abort.signal)).toMatchObject({ kind: "uncertain" });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect((await cloud.settled()).at(-1)).toEqual(heldBy(before));
  });

  test("aborting while the operation is pending stops the waiting, not the cloud", async () => {
    await using cloud = await start();
    const abort = new AbortController();
    cloud.once(operation, () => setImmediate(() => abort.abort()));
    expect(await cloud.provider.execute(step, abort.signal)).toMatchObject({ kind: "uncertain" });
    const readings = holdersOf(await cloud.settled());
    expect([[after], [before, after]]).toContainEqual(readings);
  });

  test("an unknown member is rejected", async () => {
    await using cloud = await start();
    expect(await cloud.provider.execute({ ...step, member: "nobody" }, never)).toMatchObject({
      kind: "rejected",
      detail: expect.stringContaining("nobody"),
    });
    expect(cloud.changesAsked).toBe(0);
  });
});

describe.each(kinds)("$name", (kind) => {
  test.each(kind.unsupported)("$kind is rejected", async (step) => {
    await using cloud = await Cloud.start(kind);
    expect(await cloud.provider.execute(step, never)).toMatchObject({ kind: "rejected" });
    expect(cloud.simulator.world.requests.entries).toEqual([]);
  });

  test("steps one after the other, and back, each show at once", async () => {
    await using cloud = await Cloud.start(kind);
    const verbs = kind.steps.map(({ step }) => step);
    const back =
      kind.name === "Exoscale"
        ? ([
            { kind: "attach", member: "web-a" },
            { kind: "detach", member: "web-b" },
          ] as const)
        : verbs;
    for (const step of [...verbs, ...back]) {
      expect(await cloud.provider.execute(step, never)).toMatchObject({ kind: "applied" });
      expect(await cloud.provider.read(never)).toEqual(heldBy(cloud.holders));
    }
    expect(cloud.holders).toEqual(kind.steps[0]?.before);
    const proven = (await cloud.provider.check(never)).filter(({ severity }) => severity === "error");
    expect(proven).toEqual([]);
  });
});

/** Takes the step and reads until the provider is idle. @returns the kind of effect, and the holders as they were read. */
async function carriedOut(
  cloud: Cloud,
  { step }: StepCase,
): Promise<{ readonly effect: string; readonly readings: readonly (readonly string[])[] }> {
  const { kind } = await cloud.provider.execute(step, never);
  return { effect: kind, readings: holdersOf(await cloud.settled()) };
}

/** @returns the holders of each known reading, without repetitions. */
function holdersOf(readings: readonly Reading[]): readonly (readonly string[])[] {
  const lists = readings.flatMap((reading) =>
    reading.kind === "known" ? [[...reading.holders].sort()] : [],
  );
  return lists.filter((list, i) => list.join() !== lists[i - 1]?.join());
}
