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
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = (why: string): void => {
    const reason = new Error(why);
    controller.abort(reason);
    reject(reason);
  };
  const stop = (): void => giveUp("given up, since we are stopping");
  const cancel = clock.after(ms, () => giveUp(`no end within ${ms} ms`));
  outer.addEventListener("abort", stop);
  if (outer.aborted) stop();
  try {
    work(controller.signal).then(resolve, reject);
    return await promise;
  } finally {
    cancel();
    outer.removeEventListener("abort", stop);
  }
}
