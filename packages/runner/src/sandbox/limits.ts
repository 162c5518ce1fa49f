/** What bounds a command; in the order in which several are told. */
export const limitNames = ["disk", "memory", "processes", "cpu", "output", "file_size"] as const;
export type LimitName = (typeof limitNames)[number];

/** Bounds on one command. Each is enforced by the operating system or by the runner, never by asking. */
export interface SandboxLimits {
  /** Kept of each of stdout and stderr: the first and the last half. */
  readonly outputBytes: number;
  /** Printed in all; past it the command is ended. */
  readonly printedBytes: number;
  /** Writable memory of each process; of all together by control groups, or by looking where there are none. */
  readonly memoryBytes: number;
  readonly processes: number;
  /** Processor time of all processes together. */
  readonly cpuSeconds: number;
  /** Size of any one file that is written. */
  readonly fileBytes: number;
  readonly openFiles: number;
}

export const defaultLimits: SandboxLimits = {
  outputBytes: 256 * 1024,
  printedBytes: 64 * 1024 ** 2,
  memoryBytes: 4 * 1024 ** 3,
  processes: 512,
  cpuSeconds: 3_600,
  fileBytes: 1024 ** 3,
  openFiles: 4096,
};

/** What was exceeded, what to do about it, and the setting that an operator can raise. */
export function describeLimit(
  name: LimitName,
  limits: SandboxLimits,
): { readonly text: string; readonly hint: string } {
  const mebibytes = (bytes: number): string => `${String(Math.round(bytes / 1024 ** 2))} MiB`;
  switch (name) {
    case "memory":
      return {
        text: `it needed more than ${mebibytes(limits.memoryBytes)} of memory`,
        hint: "do it with fewer workers or in smaller parts; an operator can raise `runner.max_memory_mb`",
      };
    case "processes":
      return {
        text: `it needed more than ${String(limits.processes)} processes or threads`,
        hint: "do it with fewer workers; an operator can raise `runner.max_processes`",
      };
    case "cpu":
      return {
        text: `it used more than ${String(limits.cpuSeconds)} s of processor time`,
        hint: "do it in smaller parts; an operator can raise `runner.max_cpu_seconds`",
      };
    case "output":
      return {
        text: `it printed more than ${mebibytes(limits.printedBytes)}`,
        hint: "print less, or write to a file below `/tmp` and look at parts of it",
      };
    case "file_size":
      return {
        text: `it wrote a file larger than ${mebibytes(limits.fileBytes)}`,
        hint: "write smaller files; an operator can raise `runner.max_file_mb`",
      };
    case "disk":
      return {
        text: "it filled the workspace past its quota, or the disk",
        hint: "write less; an operator can raise `runner.max_workspace_mb`",
      };
    default:
      return name satisfies never;
  }
}
