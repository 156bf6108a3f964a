/** One absolute deadline around whatever waits. */
import type { Clock } from "./clock.ts";

/**
 * Runs `work` with a signal that aborts after `ms`, or when `outer` does.
 *
 * @returns what `work` returns.
 * @throws Error as soon as its signal has aborted, whether `work` heeds it or not.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error("given up, since we are stopping"));
  const cancel = clock.after(ms, () => controller.abort(new Error(`no end within ${ms} ms`)));
  outer.addEventListener("abort", stop);
  if (outer.aborted) stop();
  try {
    return await Promise.race([work(controller.signal), rejectedOn(controller.signal)]);
  } finally {
    cancel();
    outer.removeEventListener("abort", stop);
  }
}

function rejectedOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail);
  });
}
