import { createHmac, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { TestSettings } from "@phasegate/workflow";
import type { ReadOnlyMount } from "../sandbox/sandbox.ts";
import { ReportError } from "../reports/report-format.ts";
import { quoteWord } from "./test-command.ts";

/** The program that takes the place of `-m unittest`, and where a run in the OS sandbox sees it. */
const program: Required<ReadOnlyMount> = {
  source: fileURLToPath(new URL("./unittest_recorder.py", import.meta.url)),
  target: "/phasegate/unittest_recorder.py",
};

/** Python, maybe under coverage, and nothing before it that could keep descriptor 3 from it. */
const plainCommand =
  /^((?:[A-Za-z_]\w*=\S*\s+)*(?:[\w./-]*\/)?python3?(?:\.\d+)?(?:\s+-[bBdOsSu]+|\s+-[WX]\s*\S+)*(?:\s+-m\s+coverage\s+run(?:\s+--?[a-ln-zA-Z][\w=./,*-]*)*)?)\s+-m\s+unittest(?=\s|$)/;

/** One session of unittest whose results are recorded under a key, instead of read from what it prints. */
export interface RecordedSession {
  /** The command, with the recorder in the place of unittest. `report` is where the run sees its report. */
  command(report: string): string;
  readonly key: string;
  readonly mounts: readonly ReadOnlyMount[];
}

/** Null where a command is not plainly one of unittest: then what it prints is the report. */
export function recordedSession(
  { command, format, report }: Pick<TestSettings, "command" | "format" | "report">,
  isConfined: boolean,
): RecordedSession | null {
  const reportsItself = report !== null || command.includes("{report}");
  if (format !== "unittest" || reportsItself || /[;&|<>\n`$]/.test(command) || !plainCommand.test(command)) return null;
  const seen = isConfined ? program.target : program.source;
  return {
    command: (place) =>
      command.replace(plainCommand, (_, python: string) => `${python} ${quoteWord(seen)} ${quoteWord(place)}`),
    key: randomBytes(32).toString("hex"),
    mounts: isConfined ? [program] : [],
  };
}

/** Puts the key where the script of the run takes it away before anything else runs. */
export async function leaveKey(file: string, { key }: RecordedSession): Promise<void> {
  await writeFile(file, `${key}\n`, { mode: 0o600, flag: "wx" });
}

/** The records without their seals. Throws `ReportError` for one that the recorder did not write, or not in this place. */
export function unsealed(text: string, { key }: RecordedSession): string {
  let seal = "";
  const records: string[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const [written, record] = [line.slice(0, 64), line.slice(65)];
    seal = createHmac("sha256", key)
      .update(seal + record)
      .digest("hex");
    if (written !== seal) throw new ReportError("the report holds a record that its recorder did not write");
    records.push(record);
  }
  if (!text.endsWith("\n") && text !== "") throw new ReportError("the report ends inside a record");
  return records.join("\n");
}
