import type { DiffAnswer } from "@phasegate/wire";
import { printable, type Io } from "../io.ts";
import { styled } from "./colour.ts";

/** A difference, as an approval and a task answer it. */
export interface Difference extends Partial<Omit<DiffAnswer, "since" | "truncated">> {
  readonly task_id: string;
  readonly diff: string;
}

/** First the name of every changed file, then the text, then what the text does not show and how to see it. */
export function printDifference(io: Io, since: "entry" | "base", seen: Difference): void {
  const { changed_paths: paths = [], changed_paths_total: total = paths.length } = seen;
  if (total > 0) io.out(styled(io, "bold", `${total} ${total === 1 ? "file" : "files"} changed since the ${since}`));
  for (const path of paths) io.out(`changed: ${printable(path)}`);
  io.out("");
  for (const line of seen.diff.trimEnd().split("\n")) io.out(printable(line));
  for (const { path, size, kind } of seen.unreadable_code ?? []) {
    io.out(styled(io, "bold", `warning: code that nobody can read here: ${printable(path)}, ${size} bytes, ${kind}`));
  }
  // Lines of a file's text begin with a sign or a space.
  for (const line of seen.diff.split("\n")) {
    if (line.startsWith("Binary files ")) io.out(styled(io, "bold", `not shown: ${printable(line)}`));
  }
  for (const path of seen.cut_paths ?? []) {
    const command = `phasegate task diff ${seen.task_id} --since ${since} --path ${quoted(path)}`;
    io.out(`${styled(io, "bold", "not shown to its end:")} ${printable(path)}: \`${command}\``);
  }
  if (total > paths.length) io.out(styled(io, "bold", `${total - paths.length} changed files more are not named here`));
}

/** A word of the shell; what a terminal would not show as it is stands there byte by byte. */
function quoted(path: string): string {
  if (/^[\w./@+][\w./@+-]*$/.test(path)) return path;
  if (/^[ -~]+$/.test(path)) return `'${path.replaceAll("'", "'\\''")}'`;
  const bytes = [...Buffer.from(path)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`);
  return `$'${bytes.join("")}'`;
}
