/** The deadline of one HTTP call runs on a real timer. Here it is over as soon as the request is known to hang. */
import { onTestFinished, vi } from "vitest";
import type { Cloud } from "./clouds.ts";

/** The longest that a provider waits for one answer. Milliseconds. */
const callDeadlineMs = 10_000;

/** Until the test is over: whenever a request hangs, the time that a call may take has passed. */
export function leapOverHangs(cloud: Cloud): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  cloud.onLog(() => {
    if (cloud.simulator.world.requests.entries.at(-1)?.status === "hung")
      vi.advanceTimersByTime(callDeadlineMs);
  });
}
