import { PhasegateError, type ProblemExtras } from "./problem.ts";
import type { ReasonCode } from "./registry.ts";

interface Fault {
  readonly code: ReasonCode;
  readonly message: string;
  readonly extras: ProblemExtras;
}

const noDescriptors: Fault = {
  code: "overloaded",
  message: "the server has no file descriptors left",
  extras: {
    retryAfterSeconds: 2,
    hint: "try again; the operator can raise the limit of open files of the server's process (`ulimit -n`)",
  },
};

const noRoom: Fault = {
  code: "overloaded",
  message: "the machine has no room for another process or thread",
  extras: { retryAfterSeconds: 2, hint: "try again; the operator can give the server more memory and processes" },
};

const diskFull: Fault = {
  code: "disk_space_low",
  message: "no space is left where the workspaces or the data are",
  extras: { retryAfterSeconds: 5, hint: "try again when the operator has made room" },
};

const readOnly: Fault = {
  code: "workspace_unavailable",
  message: "the file system of the workspaces or the data is read-only",
  extras: { hint: "try again when the operator has made it writable" },
};

const broken: Fault = {
  code: "workspace_unavailable",
  message: "the disk of the workspaces or the data cannot be read or written",
  extras: { hint: "the operator looks at the disk" },
};

/** By the names that Node and libuv give to what the system said. */
const faults: Readonly<Record<string, Fault>> = {
  EMFILE: noDescriptors,
  ENFILE: noDescriptors,
  ENOMEM: noRoom,
  ERR_WORKER_INIT_FAILED: noRoom,
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EROFS: readOnly,
  EIO: broken,
};

const maxCauses = 5;

/**
 * What a machine that is short of something, or a disk that refuses, made fail, as a coded error whose cause is the
 * original; null for anything else. The system's own words, which hold paths, stay in the cause.
 */
export function systemFault(error: unknown): PhasegateError | null {
  let current = error;
  for (let depth = 0; depth < maxCauses && current instanceof Error; depth += 1) {
    if (current instanceof PhasegateError && current.code !== "internal_error") return null;
    const fault = faultOf(current);
    if (fault) return new PhasegateError(fault.code, fault.message, fault.extras, { cause: error });
    current = current.cause;
  }
  return null;
}

function faultOf(error: Error): Fault | undefined {
  if (!("code" in error) || typeof error.code !== "string") return undefined;
  // Other calls answer EAGAIN in good health.
  const startedNothing = "syscall" in error && String(error.syscall).startsWith("spawn");
  if (error.code === "EAGAIN") return startedNothing ? noRoom : undefined;
  return Object.hasOwn(faults, error.code) ? faults[error.code] : undefined;
}
