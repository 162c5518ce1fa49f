import type { Finding } from "@phasegate/wire";

/** How the finding begins that names files in no tree. */
export const leftOut = "left out of the tree, since no phase may write it";
/** The finding that names a merge on whose outcome no test ran. */
export const untestedSinceSync = "untested_since_sync";

/**
 * Whether every way out judges it anew, of all that is there: then what an earlier one said is replaced by what the last
 * one says, or does not say any more.
 */
export function isJudgedAnew({ check, message }: Pick<Finding, "check" | "message">): boolean {
  return check === "unreadable_code" || check === untestedSinceSync || message.startsWith(`${leftOut}: `);
}
