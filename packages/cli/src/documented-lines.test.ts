import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { expect, test } from "vitest";
import type { CommandLine } from "./command-line.ts";
import type { Io } from "./io.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Every command with its subcommands and options, as the program registers them. */
async function commandTree(): Promise<Command> {
  const program = new Command("phasegate").option("--version");
  const commandLine = { io: {} as Io, exitWith: () => undefined };
  const folder = join(root, "packages/cli/src/commands");
  for (const file of readdirSync(folder)) {
    const loaded = (await import(join(folder, file))) as { register?: (program: Command, line: CommandLine) => void };
    loaded.register?.(program, commandLine);
  }
  return program;
}

function unknownIn(program: Command, line: string): readonly string[] {
  const words = line.replaceAll(/'[^']*'|"[^"]*"/g, "TEXT").split(/\s+/);
  let command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (!next) break;
    command = next;
  }
  if (command === program && words.some((word) => /^[a-z]/.test(word))) return [`no such command: ${line}`];
  const known = new Set(command.options.flatMap(({ long, short }) => [long, short]));
  const options = words.flatMap((word) => /^\[?(--?[a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  return options.filter((option) => !known.has(option) && option !== "--help").map((option) => `${option}: ${line}`);
}

test("every command line in a block of the pages names commands and options that there are", async () => {
  const program = await commandTree();
  const folder = join(root, "docs");
  const files = [
    "README.md",
    ...readdirSync(folder)
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
  const lines = files.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/^```(?:sh|bash|console)?\n(.*?)^```$/gms)].flatMap(
      ([, block]) =>
        [
          ...(block ?? "").matchAll(/^(?:\$ )?(?:[A-Z_]+=\S+ )*phasegate +([^\n#|&;]*?)(?: {2,}[^\n]*)?(?=[#|&;]|$)/gm),
        ].map((match) => match[1]?.trim() ?? ""),
    ),
  );
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.flatMap((line) => unknownIn(program, line))).toEqual([]);
  expect(unknownIn(program, "config show --servers URL")).toEqual(["--servers: config show --servers URL"]);
});
