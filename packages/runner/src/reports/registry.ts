import { cargo } from "./cargo.ts";
import { exitCode } from "./exit-code.ts";
import { goJson } from "./go-json.ts";
import { jestJson } from "./jest-json.ts";
import { junit } from "./junit.ts";
import type { ReportFormat } from "./report-format.ts";
import { tap } from "./tap.ts";
import { unittest } from "./unittest.ts";
import { unittestRecords } from "./unittest-records.ts";

const formats: ReadonlyMap<string, ReportFormat> = new Map(
  [junit, tap, jestJson, unittest, unittestRecords, goJson, cargo, exitCode].map((format) => [format.name, format]),
);

export function findReportFormat(name: string): ReportFormat | null {
  return formats.get(name) ?? null;
}
