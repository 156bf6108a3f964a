import { expect, test } from "vitest";
import { Unread } from "../../../../src/daemon/engine/unread.ts";

/** @param sent batches of ten results that were sent at these instants. */
function unread(sent: readonly number[], resultsMax = 1_000): Unread {
  const all = new Unread(resultsMax);
  for (const at of sent) all.send(10, at);
  return all;
}

test.each([
  ["as many are unread as may be", [0, 0, 0, 0], 40, false],
  ["one more is", [0, 0, 0, 0], 39, true],
])("when %s, must probing wait", (_, sent, resultsMax, mustWait) => {
  expect(unread(sent, resultsMax).mustWait).toBe(mustWait);
});

test.each([
  ["goes on when what is read has waited for a second", [0, 900], [1_000], false],
  ["waits when it has waited longer", [0, 900], [1_001], true],
  ["waits on while what is read has waited for more than half a second", [0, 500, 900], [1_001, 1_001], true],
  ["goes on once it has not", [0, 501, 900], [1_001, 1_001], false],
  ["goes on with the last one read, however old", [0], [9_000], false],
  ["goes on with more read than were sent", [], [0], false],
])("probing %s", (_, sent, readAt, mustWait) => {
  const all = unread(sent);
  for (const now of readAt) all.read(now);
  expect(all.mustWait).toBe(mustWait);
});

test("probing that waits for too many goes on once half of what may be unread is read", () => {
  const all = unread([0, 0, 0, 0, 0], 40);
  expect(all.mustWait).toBe(true);
  const seen = [1, 2, 3].map((now) => {
    all.read(now);
    return all.mustWait;
  });
  expect(seen).toEqual([true, true, false]);
});

test("when nothing is read nothing is known of how the reader keeps up", () => {
  const all = unread([0]);
  all.send(10, 3_600_000);
  expect(all.mustWait).toBe(false);
});
