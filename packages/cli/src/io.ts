import { isatty } from "node:tty";
import { replaceUnprintable } from "@phasegate/wire/core";

/** Everything that a command touches outside itself, so that tests can hand in their own. */
export interface Io {
  /** The server removes its secrets from it once they are read. */
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  /** Standard output is a terminal: tables and colour; else plain lines. */
  readonly isTerminal: boolean;
  /** Someone can be asked. */
  readonly isInteractive: boolean;
  readonly useColour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** One line to standard output. */
  out(line: string): void;
  /** One line to standard error. */
  error(line: string): void;
  /** Null when the reader gave up. */
  askSecret(question: string): Promise<string | null>;
}

/** The real process. Colour only on a terminal, and not where NO_COLOR is set. */
export function processIo(): Io {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  const isTerminal = isatty(1);
  const isInteractive = isatty(0) && isatty(2);
  return {
    env: process.env,
    cwd: process.cwd(),
    isTerminal,
    isInteractive,
    useColour: isTerminal && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
    width: process.stdout.columns || 80,
    out: (line) => void process.stdout.write(`${line}\n`),
    error: (line) => void process.stderr.write(`${line}\n`),
    askSecret: async (question) => {
      const { password } = await import("@clack/prompts");
      const answer = await password({ message: question, output: process.stderr });
      return typeof answer === "string" && answer !== "" ? answer : null;
    },
  };
}

/**
 * Text of others made safe for one line of a terminal: what cannot be seen shows as `\\x1b` or `\\u{202e}`, and nothing
 * is left out, for what a terminal would not show can be code that runs. Titles, messages and differences are typed by
 * agents, and must not be able to rewrite what an operator reads.
 */
export function printable(text: string): string {
  return replaceUnprintable(text, escaped);
}

function escaped(character: string): string {
  if (character === "\t") return character;
  if (character === "\n") return "\\n";
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
}
