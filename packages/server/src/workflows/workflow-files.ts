import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { PhasegateError } from "@phasegate/wire";

/** Largest workflow or schema file that is read. */
const maxFileBytes = 1024 * 1024;

/** The text of a workflow file. Throws PhasegateError `workflow_invalid` when it cannot be had. */
export function readWorkflowFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new PhasegateError(
      "workflow_invalid",
      `cannot read the workflow file \`${file}\``,
      { hint: "name it with `workflow.file`, or write one as docs/getting-started.md shows" },
      { cause: error },
    );
  }
  if (bytes.length > maxFileBytes) throw new PhasegateError("workflow_invalid", `\`${file}\` is larger than 1 MiB`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new PhasegateError("workflow_invalid", `\`${file}\` is not UTF-8`, {}, { cause: error });
  }
}

/** Text of a file that a workflow names: relative to it, and not above the directory that the workflow is in. */
export function readBeside(directory: string, path: string): string | null {
  const target = isAbsolute(path) ? path : join(directory, path);
  const inside = relative(directory, target);
  if (inside.startsWith(`..${sep}`) || inside === ".." || isAbsolute(inside)) return null;
  try {
    const bytes = readFileSync(target);
    return bytes.length > maxFileBytes ? null : new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The nearest folder at or above that holds a repository, so that rules are named as its users name files. */
export function repositoryRoot(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return directory;
  }
}
