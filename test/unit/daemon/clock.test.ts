import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/daemon/clock.ts";

const hour = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([hour, -hour])(
  "the time that decisions see does not go along with a wall clock set by %d ms",
  (ms) => {
    const [now, wall] = [systemClock.now(), systemClock.wallNow()];
    vi.spyOn(Date, "now").mockReturnValue(wall + ms);
    expect(systemClock.wallNow() - wall).toBe(ms);
    expect(systemClock.now() - now).toBeGreaterThanOrEqual(0);
    expect(systemClock.now() - now).toBeLessThan(hour / 2);
  },
);

test("a delay longer than a timer can take does not fire at once", async () => {
  let fired = false;
  const cancel = systemClock.after(365 * 24 * hour, () => {
    fired = true;
  });
  // One that Node cuts short to a millisecond fires before this one, which was asked for later.
  await new Promise<void>((resolve) => void systemClock.after(2, resolve));
  cancel();
  expect(fired).toBe(false);
});
