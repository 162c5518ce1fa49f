import { CaseList } from "./case-list.ts";
import { reportedPath } from "./reported-path.ts";
import { ReportError, type ReportFormat } from "./report-format.ts";

interface GoEvent {
  readonly Action?: unknown;
  readonly Package?: unknown;
  readonly Test?: unknown;
  readonly Output?: unknown;
}

const maxOutputLength = 8_192;
const buildError = /^(?:vet: )?(\S+\.go):\d+(?::\d+)?: /gm;

/** The lines of `go test -json`. A package that does not build hides all of its tests. */
export const goJson: ReportFormat = {
  name: "go-json",
  printedOn: "both",
  parse(text, context) {
    const events: GoEvent[] = [];
    let rest = "";
    for (const line of text.split("\n")) {
      const event = parseEvent(line);
      if (event !== null) events.push(event);
      else rest += `${line}\n`;
    }
    if (events.length === 0) {
      if (/^\{"Time"|^\{"Action"/m.test(text)) throw new ReportError("the report's lines are not JSON");
      return null;
    }
    return readEvents(events, rest);

    function readEvents(all: readonly GoEvent[], printed: string) {
      const cases = new CaseList();
      const outputs = new Map<string, string>();
      const running = new Set<string>();
      let built = printed;
      for (const event of all) {
        const key = `${textOf(event.Package)}\n${textOf(event.Test)}`;
        const output = textOf(event.Output);
        if (event.Action === "run") running.add(key);
        if (event.Action === "build-output" || (event.Action === "output" && event.Test === undefined)) built += output;
        if (event.Action === "output") outputs.set(key, ((outputs.get(key) ?? "") + output).slice(-maxOutputLength));
        if (event.Test === undefined) continue;
        if (event.Action !== "pass" && event.Action !== "fail" && event.Action !== "skip") continue;
        running.delete(key);
        const outcome = event.Action === "pass" ? "passed" : event.Action === "fail" ? "failed" : "skipped";
        const names = textOf(event.Test).split("/");
        const message = outputs.get(key) ?? "";
        cases.add({
          parts: [textOf(event.Package), ...names.slice(0, -1)],
          file: null,
          name: names.at(-1) ?? "",
          outcome,
          message,
        });
      }
      // What began and never ended was running when its package panicked.
      for (const key of running) {
        const [parent = "", test = ""] = key.split("\n");
        const names = test.split("/");
        const message = outputs.get(key) ?? "";
        cases.add({
          parts: [parent, ...names.slice(0, -1)],
          file: null,
          name: names.at(-1) ?? "",
          outcome: "failed",
          message,
        });
      }
      const isUnbuilt = /\[(build|setup) failed\]/.test(built) || all.some((event) => event.Action === "build-fail");
      if (isUnbuilt) addUnbuilt(cases, built);
      return cases.finish(isUnbuilt || running.size > 0);
    }

    function addUnbuilt(cases: CaseList, built: string): void {
      for (const match of built.matchAll(buildError)) {
        const file = reportedPath(match[1] ?? "", context) ?? match[1] ?? "";
        cases.addUnloaded(file, built.slice(match.index, match.index + maxOutputLength));
      }
      if (cases.isEmpty) cases.addUnloaded("build", built);
    }
  },
};

function parseEvent(line: string): GoEvent | null {
  if (!line.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "Action" in value ? value : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
