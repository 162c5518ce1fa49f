/** What the exit code of every command means. */
export const exitCodes = { ok: 0, refused: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface FailureDetails {
  /** What to do next, one line. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A command that ends without its result: one line for the reader, and the exit code. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | null;

  constructor(exitCode: ExitCode, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "CommandFailure";
    this.exitCode = exitCode;
    this.hint = details.hint ?? null;
  }
}
