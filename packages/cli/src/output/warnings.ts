import { printable, type Io } from "../io.ts";
import { styled } from "./colour.ts";

interface Warned {
  readonly check: string;
  readonly severity: string;
  readonly message: string;
  readonly phase: string;
  readonly entry: number;
}

/** What gates found and let pass, a line each with its phase, and how many more there are. */
export function printWarnings(io: Io, warnings: readonly Warned[], total: number): void {
  for (const { check, severity, message, phase, entry } of warnings) {
    const word = severity === "blocking" ? "passed in spite of" : severity;
    const where = `${printable(phase)}, entry ${entry}`;
    io.out(`${styled(io, "yellow", printable(word))} in ${where}: ${printable(message)} (${printable(check)})`);
  }
  if (total > warnings.length) io.out(styled(io, "bold", `${total - warnings.length} findings more of earlier gates`));
}
