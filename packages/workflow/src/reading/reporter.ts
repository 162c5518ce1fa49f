import type { RuleReference } from "@phasegate/wire";
import { distance } from "fastest-levenshtein";
import type { Diagnostic } from "../model/diagnostic.ts";

/** At most this many are kept of one load: enough to repair a file, bounded for hostile input. */
const maxDiagnostics = 200;

/** Collects what is wrong with a workflow file, so that one load names everything at once. */
export class Reporter {
  readonly #found = new Map<string, Diagnostic>();
  #hasErrors = false;

  error(place: RuleReference, code: string, message: string, hint: string | null = null): void {
    this.#add({ severity: "error", code, message, hint, place });
  }

  warning(place: RuleReference, code: string, message: string, hint: string | null = null): void {
    this.#add({ severity: "warning", code, message, hint, place });
  }

  /** An error about a name that nothing has, with the nearest that something has. */
  unknown(place: RuleReference, code: string, what: string, name: string, known: Iterable<string>): void {
    this.error(place, code, `unknown ${what} \`${shorten(name)}\``, suggest(name, known));
  }

  /** In the order of the file. */
  get errors(): readonly Diagnostic[] {
    return this.#all("error");
  }

  get warnings(): readonly Diagnostic[] {
    return this.#all("warning");
  }

  #all(severity: Diagnostic["severity"]): readonly Diagnostic[] {
    const found = [...this.#found.values()].filter((diagnostic) => diagnostic.severity === severity);
    return found.sort((left, right) => comparePlaces(left.place, right.place));
  }

  #add(diagnostic: Diagnostic): void {
    const key = JSON.stringify([diagnostic.place, diagnostic.code, diagnostic.message]);
    // An error always finds room: a flood of warnings cannot hide that a file must not load.
    if (this.#found.has(key)) return;
    if (this.#found.size >= maxDiagnostics && (diagnostic.severity === "warning" || this.#hasErrors)) return;
    this.#hasErrors ||= diagnostic.severity === "error";
    this.#found.set(key, diagnostic);
  }
}

/** By file, then line, then column. */
function comparePlaces(left: RuleReference, right: RuleReference): number {
  const [leftFile, leftLine, leftColumn] = splitPlace(left);
  const [rightFile, rightLine, rightColumn] = splitPlace(right);
  if (leftFile !== rightFile) return leftFile < rightFile ? -1 : 1;
  return leftLine - rightLine || leftColumn - rightColumn;
}

function splitPlace(place: RuleReference): readonly [string, number, number] {
  const [, file = place, line, column] = /^(.*):(\d+):(\d+)$/su.exec(place) ?? [];
  return [file, Number(line ?? 0), Number(column ?? 0)];
}

/** The known name with the fewest edits to a mistyped one; null when none comes near. */
export function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let fewest = (name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  if (name.length > 100) return null;
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/** `did you mean ..` when a known name comes near, else the known names while they are few. */
export function suggest(name: string, known: Iterable<string>): string | null {
  const names = [...known];
  const near = nearest(name, names);
  if (near !== null) return `did you mean \`${near}\`?`;
  if (names.length === 0) return null;
  const listed = names.slice(0, 12).map((known) => `\`${known}\``);
  return `known: ${listed.join(", ")}${names.length > listed.length ? ", .." : ""}`;
}

/** A value of a file as it may stand in a message of one line. */
export function shorten(value: string, maxLength = 60): string {
  const line = value.replace(/\s+/gu, " ");
  return line.length > maxLength ? `${line.slice(0, maxLength)}..` : line;
}
