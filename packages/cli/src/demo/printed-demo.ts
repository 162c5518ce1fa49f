import type { AssuranceLevel, CloudEventAnswer, EventListAnswer, KeyListAnswer } from "@phasegate/wire";
import type { HttpClient } from "../client/http-client.ts";
import { countsByClass, countColumns } from "../corpus/counts.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "../output/colour.ts";
import { eventRow } from "../output/event-row.ts";
import type { AttackResult } from "../corpus/attempt.ts";
import type { Player } from "../corpus/player.ts";
import type { DemoListener, DemoReport } from "./run-demo.ts";

/** Events that tell how the task went; tool calls that were simply carried out are left out. */
const told = (
  "task.created task.claimed task.transitioned task.completed artifact.submitted tool.denied tool.rolled_back " +
  "violation.detected gate.blocked gate.passed evidence.recorded review.submitted approval.requested approval.granted"
).split(" ");

/** Prints the demo as it goes. */
export function demoPrinter(io: Io): DemoListener {
  return {
    started: ({ assurance, taskId, workspace }) => {
      io.out(`assurance ${styled(io, "bold", assurance)}: ${levelText[assurance]}`);
      io.out(`agent-1 claimed ${taskId} and works in ${workspace}`);
    },
    phase: (name, moment, attempts) => {
      const when = moment === "entered" ? "" : `, ${moment.replaceAll("_", " ")}`;
      io.out("");
      io.out(styled(io, "bold", `${name}${when}: ${attempts} attempt${attempts === 1 ? "" : "s"}`));
    },
    tried: (result) => io.out(resultLine(io, result)),
    did: (what) => io.out(`  ${styled(io, "green", "done".padEnd(10))}${printable(what)}`),
    ended: (player) => printTimeline(io, player),
  };
}

const levelText: Readonly<Record<AssuranceLevel, string>> = {
  sandboxed: "tools run in the OS sandbox; forbidden changes are prevented or rolled back",
  mediated: "no OS sandbox: tools run as the server's user; forbidden changes are rolled back",
  hooked: "the agent's own tools, asked through hooks; forbidden changes are detected",
  observed: "recorded only",
};

function resultLine(io: Io, { attack, outcome, seen }: AttackResult): string {
  const isWrong = outcome === "through" || outcome === "otherwise";
  const word = isWrong ? outcome.toUpperCase() : outcome === "beyond" ? "not tried" : outcome;
  const label = styled(io, isWrong ? "red" : outcome === "beyond" ? "yellow" : "cyan", word.padEnd(10));
  return `  ${label}${attack.class.padEnd(5)}${printable(attack.name).padEnd(62)} ${printable(seen)}`;
}

/** The ledger's own words, by whom; what repeats without a break is one line. */
async function printTimeline(io: Io, { stage, task }: Player): Promise<void> {
  const operator = await stage.client("operator");
  const { keys } = await operator.get<KeyListAnswer>("/keys");
  const names = new Map(keys.map(({ principal, name }) => [principal, name]));
  const lines: { time: string; text: string; times: number }[] = [];
  for (const event of await eventsOf(operator, task.taskId)) {
    const [, time, type, , , what] = eventRow(event);
    const by = names.get(event.principal) ?? event.principal;
    const text = printable(`${String(type).padEnd(19)} ${by.slice(0, 12).padEnd(12)}  ${what}`).trimEnd();
    const last = lines.at(-1);
    if (last?.text === text) last.times += 1;
    else lines.push({ time: String(time).slice(11, 23), text, times: 1 });
  }
  io.out("");
  io.out(styled(io, "bold", "timeline"));
  for (const { time, text, times } of lines) io.out(`  ${time}  ${text}${times === 1 ? "" : `  (${times} times)`}`);
}

async function eventsOf(operator: HttpClient, taskId: string): Promise<readonly CloudEventAnswer[]> {
  const events: CloudEventAnswer[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: EventListAnswer = await operator.get("/events", { task_id: taskId, type: told, limit: 1000, after });
    events.push(...page.events);
    after = page.next_after;
  }
  return events;
}

/** What came of it all: attempts by class, what this level cannot stop, the commit, the ledger. */
export function printReport(io: Io, report: DemoReport): void {
  io.out("");
  io.out(styled(io, "bold", `${"attempts by class".padEnd(30)}${countColumns.join("  ")}`));
  for (const row of countsByClass(report.results)) {
    const numbers = countColumns.map((column) => String(row[column]).padStart(column.length));
    io.out(`${row.name.padEnd(30)}${numbers.join("  ")}`);
  }
  printBeyond(io, report);
  io.out("");
  io.out(`task          ${report.taskStatus}`);
  io.out(`final commit  ${report.commit ?? "-"}`);
  const { audit } = report;
  const verified = audit.ok ? "ok" : `does not verify: ${audit.firstBad?.what ?? "no entry named"}`;
  io.out(
    `audit verify  ${verified}: ${audit.events} events in ${audit.streams} streams, ${audit.signedHeads} signed heads`,
  );
}

function printBeyond(io: Io, { results, assurance }: DemoReport): void {
  const beyond = results.filter(({ outcome }) => outcome === "beyond");
  if (beyond.length === 0) return;
  io.out("");
  io.out(`${beyond.length} attempts were not tried: at \`${assurance}\` nothing stops them on this machine.`);
  for (const { attack } of beyond) io.out(`  ${attack.class.padEnd(5)}${printable(attack.name)}`);
  io.out("  missing: the OS sandbox (Linux with bubblewrap); `phasegate doctor` says what to install");
}
