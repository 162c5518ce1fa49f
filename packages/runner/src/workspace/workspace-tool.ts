import type { JsonObject, TreeDigest } from "@phasegate/wire";
import type { ToolOutcome } from "../port.ts";
import type { ExecutionContext } from "../tools/executor.ts";
import type { Snapshot, TaskWorkspace, WorkspaceParts } from "./task-workspace.ts";

/** What a tool that works with trees or git gets besides the context of every tool. */
export interface WorkspaceContext extends ExecutionContext {
  readonly workspace: TaskWorkspace;
  readonly parts: WorkspaceParts;
  /** The tree as it was read before the call; null for tools that only read. */
  readonly before: Snapshot | null;
  readonly entryTree: TreeDigest;
  readonly baseTree: TreeDigest;
}

/** As `ToolExecutor`, for the tools that need the task's trees or its git directory. */
export interface WorkspaceTool {
  readonly name: string;
  readonly effect: "read" | "write";
  /** True: the tree before the call is read byte by byte. */
  readonly readsEveryByte: boolean;
  run(args: JsonObject, context: WorkspaceContext): Promise<ToolOutcome>;
}
