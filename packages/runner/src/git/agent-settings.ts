import { fchmodSync, writeSync } from "node:fs";
import { hasCode } from "../tree/descriptor.ts";
import { removeEntry, replaceFile } from "../tree/restore.ts";

const identity = "[user]\n\tname = agent\n\temail = agent@phasegate.invalid\n";
/** What an agent works in keeps raw bytes: what its git sees is what the tree holds. */
const rawAttributes = "* -text !eol -ident !working-tree-encoding -filter\n";

/** What makes git run programs, or read other files than its own. */
const removed = ["config.worktree", "commondir", "hooks", "info", "worktrees"];

export interface AgentSettings {
  /** As git names it: `sha1` or `sha256`. */
  readonly objectFormat: string;
  /** From which objects are borrowed. */
  readonly objectsDirectory: string;
}

/**
 * Gives the `.git` of a workspace the settings that it is made with: no hook, filter, monitor or alias of anybody before.
 * Refs, index, stash and objects stay. No link is followed. Throws what the system says where it cannot.
 */
export function writeAgentSettings(workspace: string, settings: AgentSettings): void {
  for (const name of removed) removeWhatIsThere(workspace, `.git/${name}`);
  writeText(workspace, ".git/config", configuration(settings));
  writeText(workspace, ".git/info/attributes", rawAttributes);
  writeText(workspace, ".git/objects/info/alternates", `${settings.objectsDirectory}\n`);
}

function configuration({ objectFormat }: AgentSettings): string {
  const isFirst = objectFormat === "sha1";
  const version = isFirst ? "0" : "1";
  const format = isFirst ? "" : `[extensions]\n\tobjectformat = ${objectFormat}\n`;
  const core = `[core]\n\trepositoryformatversion = ${version}\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n`;
  return `${core}${format}${identity}`;
}

function writeText(workspace: string, path: string, text: string): void {
  replaceFile(workspace, path, (descriptor) => {
    writeSync(descriptor, text);
    fchmodSync(descriptor, 0o644);
  });
}

function removeWhatIsThere(workspace: string, path: string): void {
  try {
    removeEntry(workspace, path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}
