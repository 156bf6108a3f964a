/** A command that goes on until somebody ends it. */

/**
 * @param tidy called before a second signal ends the process at once, since a daemon that does not answer may be waited for.
 * @returns a signal that aborts when somebody wants the process to end.
 */
export function endedBySignal(tidy: () => void = () => undefined): AbortSignal {
  const controller = new AbortController();
  const onSignal = (_: NodeJS.Signals, number: number): void => {
    if (controller.signal.aborted) {
      tidy();
      process.exit(128 + number);
    }
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return controller.signal;
}
