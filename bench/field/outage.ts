/** A client that asks over fresh connections, again and again, whether somebody else than the dead one answers. */
import { request, type RequestOptions } from "node:http";

/** From start to start, whether the one before has ended or not; and how long one may take. Milliseconds. */
const paceMs = 10;
const timeoutMs = 1_000;

/** @returns when the first answer of another one than `victim` has come, `performance.now()`; null: none has before the signal. */
export function firstAnswer(
  where: RequestOptions,
  victim: string,
  signal: AbortSignal,
): Promise<number | null> {
  return new Promise((resolve) => {
    const end = (at: number | null): void => {
      clearInterval(timer);
      resolve(at);
    };
    const timer = setInterval(() => ask(where, victim, end), paceMs);
    signal.addEventListener("abort", () => end(null));
  });
}

function ask(where: RequestOptions, victim: string, onAnswer: (at: number) => void): void {
  const asking = request({ ...where, path: "/", agent: false, signal: AbortSignal.timeout(timeoutMs) });
  asking.on("error", () => undefined);
  asking.on("response", (response) => {
    const servedBy = response.headers["x-served-by"];
    if (response.statusCode === 200 && servedBy !== victim) onAnswer(performance.now());
    response.on("error", () => undefined).resume();
  });
  asking.end();
}
