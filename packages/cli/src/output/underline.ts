import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { RuleReference } from "@phasegate/wire";
import { printable } from "../io.ts";

const largestFileBytes = 4 * 1024 * 1024;

/**
 * The line of a rule with its first word underlined, when the file is here:
 *
 *     41 |     write: [$tests]
 *        |     ^^^^^
 *
 * Empty when the reference has no place, or the file is not to be read from `directory`.
 */
export function underlineRule(rule: RuleReference, directory: string): readonly string[] {
  const place = parsePlace(rule);
  if (place === null) return [];
  const source = readSource(resolve(directory, place.file)) ?? readFromRepository(directory, place.file);
  return source === null ? [] : underline(source, place.line, place.column);
}

/** Rules are named from the root of the repository, wherever in it the command was typed. */
function readFromRepository(directory: string, file: string): string | null {
  for (let folder = resolve(directory); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return readSource(join(folder, file));
  }
  return null;
}

/** The same for text that is at hand. Line and column count from 1. */
export function underline(source: string, line: number, column: number): readonly string[] {
  const text = source.split("\n")[line - 1]?.replace(/\r$/, "");
  if (text === undefined) return [];
  const start = Math.min(Math.max(column - 1, 0), text.length);
  const word = /^(?:"[^"]*"|'[^']*'|[^\s:,\]}]+)/.exec(text.slice(start))?.[0] ?? text.charAt(start);
  const number = String(line);
  const indent = text.slice(0, start).replaceAll(/[^\t]/g, " ");
  return [
    `  ${number} | ${printable(text)}`,
    `  ${" ".repeat(number.length)} | ${indent}${"^".repeat(Math.max(word.length, 1))}`,
  ];
}

function parsePlace(rule: RuleReference): { file: string; line: number; column: number } | null {
  const match = /^(.+):(\d{1,9}):(\d{1,9})$/.exec(rule);
  if (match?.[1] === undefined) return null;
  return { file: match[1], line: Number(match[2]), column: Number(match[3]) };
}

function readSource(file: string): string | null {
  try {
    const found = statSync(file);
    return found.isFile() && found.size <= largestFileBytes ? readFileSync(file, "utf8") : null;
  } catch {
    return null;
  }
}
