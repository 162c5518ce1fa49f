import type { JsonObject } from "@phasegate/wire";

/** What the tools of docs/reference/tools.md answer in `result`. */
export interface ReadFilesResult {
  readonly status: "success";
  readonly content: string;
  readonly lines: number;
  readonly path: string;
}

export interface WriteFilesResult {
  readonly status: "success";
  readonly path: string;
  readonly bytes_written: number;
  readonly mode: "w" | "a";
}

export interface EditFilesResult {
  readonly status: "success";
  readonly path: string;
  readonly replacements: number;
}

export interface RestoreFilesResult {
  readonly status: "success";
  readonly restored: readonly string[];
}

/** A command that ended by itself, whatever its exit code. */
export interface BashResult {
  readonly status: "completed";
  readonly stdout: string;
  readonly stderr: string;
  readonly exit_code: number;
  readonly command: string;
  /** At most 1,000. */
  readonly changed_paths: readonly string[];
  /** In a phase that may write nothing: what the command changed on a copy that is gone. */
  readonly thrown_away?: readonly string[];
  /** True when the output or the paths were cut. */
  readonly truncated: boolean;
}

export interface GrepMatch {
  readonly file: string;
  readonly line: number;
  readonly content: string;
}

export interface GrepResult {
  readonly status: "success";
  readonly pattern: string;
  readonly path: string;
  readonly matches: readonly GrepMatch[];
  readonly total: number;
}

export interface GlobResult {
  readonly status: "success";
  readonly files: readonly string[];
  readonly total: number;
}

export interface RunTestsResult {
  readonly status: string;
  readonly evidence_id: string;
  readonly tree: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly id: string; readonly message: string }[];
}

export interface GitDiffResult {
  readonly status: "success";
  readonly diff: string;
  /** At most 1,000. */
  readonly changed_paths: readonly string[];
  /** True when the text or the paths were cut. */
  readonly truncated: boolean;
}

export interface GitCommitResult {
  readonly status: "success";
  readonly commit: string;
}

/** Result of each tool by its name; any other name answers some JSON object. */
export interface ToolResults {
  readonly read_files: ReadFilesResult;
  readonly write_files: WriteFilesResult;
  readonly edit_files: EditFilesResult;
  readonly restore_files: RestoreFilesResult;
  readonly bash: BashResult;
  readonly grep: GrepResult;
  readonly glob: GlobResult;
  readonly run_tests: RunTestsResult;
  readonly git_diff: GitDiffResult;
  readonly git_commit: GitCommitResult;
}

export type ToolResult<Name extends string> = Name extends keyof ToolResults ? ToolResults[Name] : JsonObject;

/** Answer of a tool that ran: its result, and the entry of the ledger that says so. */
export interface ToolAnswer<Name extends string> {
  readonly result: ToolResult<Name>;
  readonly logged: boolean;
  readonly event_id: string;
  /** What mode `strict` would have denied. */
  readonly warnings: readonly string[];
}
