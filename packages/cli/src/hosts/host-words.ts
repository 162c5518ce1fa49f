import type { Host } from "./host.ts";

/** Tools of the server that no host has: they are called there, and never asked about. */
const onlyOfTheServer: ReadonlySet<string> = new Set(["git_diff", "git_commit", "restore_files", "run_tests"]);

/** Where the server's texts name tools, and no command or path of the same name. */
const listOfTools = /(one of `|Allowed tools: |Tool ')(\w+(?:, \w+)*)/g;
const nameOfTool = /`([a-z]+_[a-z_]+)`/g;

export interface SpokenReason {
  readonly message: string;
  readonly hint: string | null;
}

/** A reason of the server with the host's own names of tools, and how those are called that the host has not. */
export function inWordsOf({ toolNames }: Pick<Host, "toolNames">, { message, hint }: SpokenReason): SpokenReason {
  const others = new Set<string>();
  const nameOf = (tool: string): string => {
    if (onlyOfTheServer.has(tool)) others.add(tool);
    return toolNames.get(tool) ?? tool;
  };
  const spoken = (text: string): string =>
    text
      .replace(nameOfTool, (_, tool: string) => `\`${nameOf(tool)}\``)
      .replace(listOfTools, (_, before: string, tools: string) => before + tools.split(", ").map(nameOf).join(", "));
  const [said, advice] = [spoken(message), hint === null ? null : spoken(hint)];
  if (others.size === 0) return { message: said, hint: advice };
  const names = [...others].map((tool) => `\`${tool}\``).join(", ");
  const called = `${names}: with \`POST /api/v1/tools/execute\``;
  return { message: said, hint: advice === null ? called : `${advice}; ${called}` };
}
