/** What the exit code of every command means. Scripts rely on them. */
export const exitCodes = {
  done: 0,
  /** It was tried and did not work: a probe failed, a provider said no, a bug. */
  failed: 1,
  /** The command line or the config is wrong; nothing was tried. */
  usage: 2,
  /** A rule refused it. */
  refused: 3,
  /** The daemon does not answer. */
  unreachable: 4,
} as const;

/** Ends a command with a message on stderr and an exit code, without a stack. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed, options: ErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** @returns the end of a command that was asked in the wrong way, so that nothing was tried. */
export function usage(message: string, options?: ErrorOptions): CliError {
  return new CliError(message, exitCodes.usage, options);
}
