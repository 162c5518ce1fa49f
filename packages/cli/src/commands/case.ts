import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { ArtifactsAnswer, AuditQueryAnswer, CloudEventAnswer, EventListAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import type { HttpClient } from "../client/http-client.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import type { RecordedDenial } from "../corpus/recorded-denial.ts";
import { CommandFailure, exitCodes } from "../failure.ts";

interface CaseOptions extends ServerOptions {
  readonly task?: string;
  readonly kind: string;
  readonly class?: string;
  readonly write?: string;
}

/** What the ledger calls a denial. */
const denials = ["tool.denied", "tool.rolled_back", "gate.blocked", "violation.detected"];
const pageSize = 1_000;
/** Denials looked at when no task is named, newest first. */
const maxPages = 50;

export function register(program: Command, commandLine: CommandLine): void {
  addServerOptions(program.command("case <event>"))
    .description("a recorded denial as a case of the attack corpus, without secrets, ids and names")
    .option("--task <id>", "look only among this task's denials")
    .option("--kind <kind>", "kind of repository in which it is to play", "node")
    .option("--class <row>", "row of the list of known ways, as A1 (default: by the reason)")
    .option("--write <file>", "write it there; a file that is there is left alone")
    .action((event: string, options: CaseOptions) => makeCase(commandLine, event, options));
}

async function makeCase({ io }: CommandLine, event: string, options: CaseOptions): Promise<void> {
  const { caseText } = await import("../corpus/recorded-denial.ts");
  const denial = await withServer(io, options, (client) => findDenial(client, event, options.task));
  const text = caseText(denial, { kind: options.kind, class: options.class });
  if (options.write === undefined) {
    io.out(text.trimEnd());
    return;
  }
  const path = resolve(io.cwd, options.write);
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(exitCodes.refused, `cannot write \`${path}\`: ${reason}`, { cause: error });
  }
  io.out(`written to ${path}`);
}

async function findDenial(client: HttpClient, id: string, task: string | undefined): Promise<RecordedDenial> {
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const query = { type: denials, task_id: task, limit: pageSize, cursor };
    const answer = await client.get<AuditQueryAnswer>("/audit/query", query);
    const entry = answer.entries.find(({ event_id }) => event_id === id);
    if (entry !== undefined) return denialOf(client, entry);
    if (answer.next_cursor === null) break;
    cursor = answer.next_cursor;
  }
  throw new CommandFailure(exitCodes.refused, `no denial that you may see is recorded as \`${id}\``, {
    hint: "`phasegate events --type tool.denied --type gate.blocked --json` shows their ids; name the task with --task",
  });
}

async function denialOf(client: HttpClient, entry: AuditQueryAnswer["entries"][number]): Promise<RecordedDenial> {
  const { event_id, type, task_id, phase, tool_name, args, reasons } = entry;
  if (task_id === null) throw new CommandFailure(exitCodes.refused, `\`${event_id}\` is about no task`);
  const isBare = type === "tool.denied" || type === "tool.rolled_back";
  const data = isBare ? {} : ((await findEvent(client, event_id, type, task_id))?.data ?? {});
  return {
    id: event_id,
    type,
    taskId: task_id,
    phase,
    toolName: tool_name,
    args,
    reasons: reasons as RecordedDenial["reasons"],
    data,
    artifacts: type === "gate.blocked" ? await artifactsOf(client, task_id, phase) : {},
  };
}

/** The event with its data, which audit entries leave out. */
async function findEvent(
  client: HttpClient,
  id: string,
  type: string,
  task_id: string,
): Promise<CloudEventAnswer | null> {
  for (let after: number | null = 0; after !== null;) {
    const page: EventListAnswer = await client.get("/events", { task_id, type, limit: pageSize, after });
    const found = page.events.find((event) => event.id === id);
    if (found !== undefined) return found;
    after = page.next_after;
  }
  return null;
}

/** The last of each type that was handed in for a phase. */
async function artifactsOf(client: HttpClient, taskId: string, phase: string | null): Promise<Record<string, unknown>> {
  const { artifacts } = await client.get<ArtifactsAnswer>(`/tasks/${taskId}/artifacts`);
  const own = artifacts.filter((artifact) => artifact.phase === phase && artifact.data !== undefined);
  return Object.fromEntries(own.map(({ type, data }) => [type, data]));
}
