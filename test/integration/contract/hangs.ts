/** The deadline of one call runs on a real timer. Here it is over as soon as the request is known to hang. */
import { onTestFinished, vi } from "vitest";
import type { Subject } from "./subject.ts";

/** The longest that a provider waits for one answer. Milliseconds. */
export const callDeadlineMs = 10_000;

/** Until the test is over: whenever a request hangs, the time that a call may take has passed. */
export function leapOverHangs(subject: Subject): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  subject.onHang(() => vi.advanceTimersByTime(callDeadlineMs));
}
