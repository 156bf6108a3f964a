import fc from "fast-check";
import { expect, test } from "vitest";
import { causes, outcomeOf, type Cause } from "../../../../src/core/cause.ts";
import { readRows, RowWriter, type Row, type Words } from "../../../../src/daemon/engine/thread-protocol.ts";

const ms = fc.double({ min: 0, max: 60_000, noNaN: true });
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });

const row: fc.Arbitrary<Row> = fc
  .record({
    id: fc.nat(3),
    generation: fc.integer({ min: -1, max: 5 }),
    latenessMs: ms,
    cause: fc.constantFrom(...(Object.keys(causes) as Cause[])),
    // Few, so that a target often says the same as before.
    detail: maybe(fc.constantFrom("200 OK", "503", "")),
    address: maybe(fc.constantFrom("10.0.0.1", "::1")),
    status: maybe(fc.integer({ min: 100, max: 999 })),
    durationMs: ms,
    queuedMs: ms,
    phases: fc.record({
      resolveMs: maybe(ms),
      connectMs: maybe(ms),
      tlsMs: maybe(ms),
      headersMs: maybe(ms),
      bodyMs: maybe(ms),
    }),
  })
  .map(({ id, generation, latenessMs, ...result }) => ({
    id,
    generation,
    latenessMs,
    result: { ...result, outcome: outcomeOf(result.cause) },
  }));

test("every result arrives as it was sent, in batches of any size, whatever was said of its target before", () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 20 })), (batches) => {
      const writer = new RowWriter();
      const [near, far] = [new Map<number, Words>(), new Map<number, Words>()];
      const arrived: Row[] = [];
      for (const batch of batches) {
        for (const each of batch) far.set(each.id, writer.add(each, far.get(each.id)));
        readRows(
          structuredClone(writer.take()),
          (id) => near.get(id),
          (each, words) => {
            near.set(each.id, words);
            arrived.push(each);
          },
        );
        expect(writer.isEmpty).toBe(true);
      }
      expect(arrived).toEqual(batches.flat());
    }),
  );
});

test("what a target says as always is not said again", () => {
  const writer = new RowWriter();
  const [one] = fc.sample(row, 1);
  const words = writer.add(one!, undefined);
  expect(writer.take().words).toEqual([words]);
  expect(writer.add(one!, words)).toBe(words);
  expect(writer.take().words).toEqual([]);
});
