import { faultOfCommitMessage } from "@phasegate/workflow";
import { writeCommit, writeGitTree } from "../git/tree-objects.ts";
import { stringArgument } from "../tools/arguments.ts";
import { settle, ToolRefusal } from "../tools/outcome.ts";
import { deltaBetween } from "../tree/manifest.ts";
import type { TaskWorkspace, WorkspaceParts } from "./task-workspace.ts";
import type { WorkspaceTool } from "./workspace-tool.ts";

const maxMessageBytes = 64 * 1024;
const identity = { name: "Phasegate agent", email: "agent@phasegate.invalid" };

/**
 * Commits the tree that was read byte by byte before the call, in the server's own git directory, and publishes it
 * as `phasegate/<task id>` in the user's repository. What the clone's index holds does not matter.
 */
export const gitCommit: WorkspaceTool = {
  name: "git_commit",
  effect: "write",
  readsEveryByte: true,
  run: async (args, { before, parts, workspace }) => {
    let commit: string | undefined;
    const outcome = await settle(async () => {
      const message = stringArgument(args, "message").replaceAll("\r\n", "\n").trim();
      if (message === "" || Buffer.byteLength(message) > maxMessageBytes) {
        throw new ToolRefusal("invalid_request", "`message` must hold 1 to 65536 bytes of text");
      }
      const fault = faultOfCommitMessage(message);
      if (fault !== null) throw new ToolRefusal("invalid_request", fault.message, { hint: fault.hint });
      const now = before ?? (await workspace.scan("full"));
      const [unsupported] = now.unsupported;
      if (unsupported !== undefined) {
        throw new ToolRefusal("unsupported_entry", `\`${unsupported.path}\` is a ${unsupported.reason}`, {
          hint: "remove it, then commit",
        });
      }
      commit = await commitTree(parts, workspace, now.manifest, message);
      return { status: "success", commit };
    });
    return outcome.status === "completed" && commit !== undefined ? { ...outcome, commit } : outcome;
  },
};

async function commitTree(
  parts: WorkspaceParts,
  workspace: TaskWorkspace,
  manifest: TaskWorkspace["kept"],
  message: string,
): Promise<string> {
  const { git, contents } = parts;
  const { base, gitDir, mirror, taskId } = workspace;
  const objects = { git, gitDir, contents };
  const last = workspace.commit;
  const parent = last?.id ?? base.commit;
  // Beginning with the base's own tree keeps what no tree of ours holds: tracked files in scratch folders.
  const tree = await writeGitTree(objects, base.commit, deltaBetween(base.manifest, manifest));
  if (tree === (await git.text({ gitDir, args: ["rev-parse", `${parent}^{tree}`] }))) {
    throw new ToolRefusal("tool_failed", "nothing to commit: the tree is the same as in the last commit", {
      hint: "git_diff with `since: base` shows what this task has changed",
    });
  }
  // After a sync the commit joins the task's line and the base that moved.
  const parents = last !== null && last.base !== base.commit ? [parent, base.commit] : [parent];
  const commit = await writeCommit(objects, { tree, parents, message: `${message}\n`, identity });
  await git.run({ gitDir, args: ["update-ref", `refs/heads/phasegate/${taskId}`, commit] });
  await mirror.publish(gitDir, commit, `phasegate/${taskId}`);
  await workspace.keepCommit({ id: commit, base: base.commit });
  return commit;
}
