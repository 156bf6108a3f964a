/**
 * The contract of `execute()`: applied, rejected or uncertain, each of them true. After it, every reading by a provider
 * that is not busy names the holders that the world has.
 */
import { describe, expect, test } from "vitest";
import type { Reading } from "../../../src/core/address.ts";
import { leapOverHangs } from "./hangs.ts";
import { kinds, stepCases } from "./kinds.ts";
import { heldBy, never, settled, type StepCase, type Subject } from "./subject.ts";

describe.each(stepCases)("$title", (it) => {
  const { kind, step, operation, before, after } = it;
  const { troubles } = kind;
  const start = (): Promise<Subject> => kind.start({ holders: before });

  test("a step that is applied shows in the next reading", async () => {
    await using world = await start();
    expect(await world.provider.execute(step, never)).toMatchObject({ kind: "applied" });
    expect(world.holders).toEqual(after);
    expect(await world.provider.read(never)).toEqual(heldBy(after));
    expect(world.changesAsked).toBe(1);
  });

  test("a step that is already so is applied and changes nothing", async () => {
    await using world = await kind.start({ holders: after });
    expect(await world.provider.execute(step, never)).toMatchObject({ kind: "applied" });
    expect(world.changes).toBe(0);
    expect(await world.provider.read(never)).toEqual(heldBy(after));
  });

  test.each(troubles.refused)(
    "a step that is refused with %s is rejected, and nothing has changed",
    async (_, trouble, said) => {
      await using world = await start();
      world.breaks(operation, trouble, 1);
      expect(await world.provider.execute(step, never)).toMatchObject({
        kind: "rejected",
        detail: expect.stringContaining(said),
      });
      expect(world.holders).toEqual(before);
      expect(await world.provider.read(never)).toEqual(heldBy(before));
      expect(world.changesAsked).toBe(1);
    },
  );

  test.each(troubles.undone)(
    "after %s, with nothing done, the readings tell so, and the step is not sent twice",
    async (_, trouble) => {
      await using world = await start();
      world.breaks(operation, trouble, 1);
      const { effect, readings } = await carriedOut(world, it);
      expect(["uncertain", "rejected"]).toContain(effect);
      expect(readings).toEqual([before]);
      expect(world.holders).toEqual(before);
      expect(world.changesAsked).toBe(1);
    },
  );

  test("a step without any answer is uncertain, and the readings tell that nothing was done", async () => {
    await using world = await start();
    world.breaks(operation, troubles.hang, 1);
    leapOverHangs(world);
    const { effect, readings } = await carriedOut(world, it);
    expect(effect).toBe("uncertain");
    expect(readings).toEqual([before]);
    expect(world.holders).toEqual(before);
  });

  test("a lost reply after the work was done ends uncertain or applied, and the readings tell the truth", async () => {
    await using world = await start();
    world.breaks(operation, troubles.lostReply, 1);
    const { effect, readings } = await carriedOut(world, it);
    expect(["uncertain", "applied"]).toContain(effect);
    expect(readings.at(-1)).toEqual(after);
    expect([[after], [before, after]]).toContainEqual(readings);
    expect(world.holders).toEqual(after);
    expect(world.changesAsked).toBe(1);
  });

  test.each(troubles.following)(
    "a step that is carried out is never rejected because following it ends in %s",
    async (_, trouble) => {
      await using world = await start();
      world.once(operation, () => world.breaks(kind.follow, trouble, 5));
      expect((await world.provider.execute(step, never)).kind).not.toBe("rejected");
      world.mends();
      expect((await settled(world)).at(-1)).toEqual(heldBy(after));
      expect(world.changesAsked).toBe(1);
    },
  );

  test("an operation that fails changes nothing, and the step is not called applied", async () => {
    await using world = await start();
    world.breaks(operation, troubles.failing, 1);
    expect(await world.provider.execute(step, never)).toMatchObject({ kind: kind.failedStep });
    expect(world.holders).toEqual(before);
    expect(await world.provider.read(never)).toMatchObject({ kind: "known", holders: before });
  });

  test("a stuck operation ends uncertain within the deadline, and read() says busy, though not for ever", async () => {
    await using world = await start();
    world.breaks(operation, troubles.stuck, 1);
    if (kind.stuckHangs) leapOverHangs(world);
    const { provider, services } = world;
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
    await using world = await start();
    for (const known of [false, true]) {
      if (known) await world.provider.read(never);
      expect(await world.provider.execute(step, AbortSignal.abort())).toMatchObject({ kind: "rejected" });
    }
    expect(world.changesAsked).toBe(0);
  });

  test("aborting while the request is under way returns at once, uncertain", async () => {
    await using world = await start();
    const abort = new AbortController();
    world.breaks(operation, troubles.hang, 1);
    world.once(operation, () => abort.abort());
    const began = performance.now();
    expect(await world.provider.execute(step, abort.signal)).toMatchObject({ kind: "uncertain" });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect((await settled(world)).at(-1)).toEqual(heldBy(before));
  });

  test("aborting while the operation is pending stops the waiting, not the world", async () => {
    await using world = await start();
    const abort = new AbortController();
    world.once(operation, () => setImmediate(() => abort.abort()));
    expect(await world.provider.execute(step, abort.signal)).toMatchObject({ kind: "uncertain" });
    const readings = holdersOf(await settled(world));
    const stopped = kind.abortStops ? [[before]] : [];
    expect([[after], [before, after], ...stopped]).toContainEqual(readings);
    expect(readings.at(-1)).toEqual(world.holders);
  });

  test("an unknown member is rejected", async () => {
    await using world = await start();
    expect(await world.provider.execute({ ...step, member: "nobody" }, never)).toMatchObject({
      kind: "rejected",
      detail: expect.stringContaining("nobody"),
    });
    expect(world.changesAsked).toBe(0);
  });
});

describe.each(kinds)("$name", (kind) => {
  test.each(kind.unsupported)("$kind is rejected", async (step) => {
    await using world = await kind.start();
    expect(await world.provider.execute(step, never)).toMatchObject({ kind: "rejected" });
    expect(world.asked).toBe(0);
  });

  test("steps one after the other, and back, each show at once", async () => {
    await using world = await kind.start();
    for (const step of [...kind.steps.map(({ step }) => step), ...kind.back]) {
      expect(await world.provider.execute(step, never)).toMatchObject({ kind: "applied" });
      expect(await world.provider.read(never)).toEqual(heldBy(world.holders));
    }
    expect(world.holders).toEqual(kind.steps[0]?.before);
    const proven = (await world.provider.check(never)).filter(({ severity }) => severity === "error");
    expect(proven).toEqual([]);
  });
});

/** Takes the step and reads until the provider is idle. @returns the kind of effect, and the holders as they were read. */
async function carriedOut(
  world: Subject,
  { step }: StepCase,
): Promise<{ readonly effect: string; readonly readings: readonly (readonly string[])[] }> {
  const { kind } = await world.provider.execute(step, never);
  return { effect: kind, readings: holdersOf(await settled(world)) };
}

/** @returns the holders of each known reading, without repetitions. */
function holdersOf(readings: readonly Reading[]): readonly (readonly string[])[] {
  const lists = readings.flatMap((reading) =>
    reading.kind === "known" ? [[...reading.holders].sort()] : [],
  );
  return lists.filter((list, i) => list.join() !== lists[i - 1]?.join());
}
