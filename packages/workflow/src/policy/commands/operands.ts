import { isFlag } from "./flags.ts";
import type { ShellWord } from "./words.ts";

/** Options of well-known programs that take the next word as their value. For other programs any may. */
const valueFlags: Readonly<Record<string, ReadonlySet<string>>> = {
  git: new Set([
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--config-env",
    "--super-prefix",
    "--attr-source",
  ]),
};

/** Where a subcommand may stand: after options, each of which may have taken one word as its value. */
export function leadingOperands(program: string, words: readonly ShellWord[]): readonly number[] {
  const known = valueFlags[program];
  const places: number[] = [];
  for (let index = 0; index < words.length; index++) {
    const { value } = words[index]!;
    const before = words[index - 1]?.value;
    const mayBeValue = typeof before === "string" && isFlag(before) && !before.includes("=");
    if (value === "--") continue;
    if (value !== null && isFlag(value)) continue;
    if (mayBeValue && known?.has(before)) continue;
    places.push(index);
    if (value === null && words[index]!.splits) continue;
    if (!mayBeValue || known) break;
  }
  return places;
}
