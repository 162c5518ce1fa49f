import { InvalidArgumentError, Option, type Command } from "commander";
import type { CreateTaskRequest, DiffAnswer, SyncAnswer, TaskAnswer, TaskListAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import { addServerOptions, type CommandLine, type ServerOptions } from "../command-line.ts";
import { exitCodes } from "../failure.ts";
import { printable } from "../io.ts";
import { printDifference } from "../output/difference.ts";
import { printFields, printJson, printTable } from "../output/table.ts";
import { printTask } from "../output/task.ts";

interface AddOptions extends ServerOptions {
  readonly description?: string;
  readonly workflow?: string;
  readonly dependsOn?: string[];
  readonly priority?: number;
  readonly capability?: string[];
  readonly label?: string[];
  readonly base?: string;
}

interface ListOptions extends ServerOptions {
  readonly status?: string;
  readonly phase?: string;
  readonly label?: string;
  readonly agent?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

interface DiffOptions extends ServerOptions {
  readonly since: "base" | "entry";
  readonly path?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

interface ReasonOptions extends ServerOptions {
  readonly reason: string;
}

interface SyncOptions extends ServerOptions {
  readonly base?: string;
  readonly reason?: string;
}

interface OverrideOptions extends ReasonOptions {
  readonly gate: string;
  readonly expiresIn: number;
}

export function register(program: Command, commandLine: CommandLine): void {
  const task = program.command("task").description("tasks: add, list, show, diff, cancel, reassign, sync, override");

  addServerOptions(task.command("add <title>"))
    .description("create a task (operator)")
    .option("--description <text>", "what is to be done")
    .option("--workflow <name>", "name or digest of a registered workflow (default: the server's)")
    .option("--depends-on <task...>", "tasks that must be completed first")
    .option("--priority <0..9>", "9 goes first", integerBetween(0, 9))
    .option("--capability <name...>", "what an agent must have to claim it")
    .option("--label <name...>", "labels")
    .option("--base <ref>", "branch, tag or commit to start from")
    .action((title: string, options: AddOptions) => addTask(commandLine, title, options));

  addServerOptions(task.command("list"))
    .description("list tasks")
    .option("--status <status>", "waiting, ready, active, deciding, awaiting_approval, completed, failed, cancelled")
    .option("--phase <phase>", "only tasks in this phase")
    .option("--label <name>", "only tasks with this label")
    .option("--agent <id>", "only tasks of this agent")
    .option("--limit <n>", "rows to show", integerBetween(1, 1000))
    .option("--cursor <cursor>", "go on where the page before ended")
    .action((options: ListOptions) => listTasks(commandLine, options));

  addServerOptions(task.command("show <task>"))
    .description("show one task")
    .action((id: string, options: ServerOptions) =>
      withServer(commandLine.io, options, async (client) => {
        show(commandLine, await client.get<TaskAnswer>(taskPath(id)), options);
      }),
    );

  addServerOptions(task.command("diff <task>"))
    .description("what a task changed: the name of every file, then the text")
    .addOption(new Option("--since <since>", "compare with").choices(["base", "entry"]).default("base"))
    .option("--path <path>", "one file, or a folder with all that is in it")
    .option("--limit <n>", "files to show", integerBetween(1, 1000))
    .option("--cursor <cursor>", "go on where the page before ended")
    .action((id: string, options: DiffOptions) => showDiff(commandLine, id, options));

  for (const [verb, description] of [
    ["cancel", "end a task for good (operator)"],
    ["reassign", "take a task from its holder and offer it again (operator)"],
  ] as const) {
    addServerOptions(task.command(`${verb} <task>`))
      .description(description)
      .requiredOption("--reason <text>", "why; it is recorded")
      .action((id: string, options: ReasonOptions) =>
        withServer(commandLine.io, options, async (client) => {
          show(
            commandLine,
            await client.post<TaskAnswer>(`${taskPath(id)}/${verb}`, { reason: options.reason }),
            options,
          );
        }),
      );
  }

  addServerOptions(task.command("sync <task>"))
    .description("merge what the base has become into a task (operator); exit code 1 where both changed the same lines")
    .option("--base <ref>", "branch, tag or commit (default: that which the task started from)")
    .option("--reason <text>", "why; it is recorded")
    .action((id: string, options: SyncOptions) => syncTask(commandLine, id, options));

  addServerOptions(task.command("override <task>"))
    .description("let a task past a gate; loud, recorded, for a person with role operator")
    .requiredOption("--gate <id>", "the gate to pass")
    .requiredOption("--reason <text>", "why; it is recorded")
    .option("--expires-in <seconds>", "how long it may be used", integerBetween(1, 604_800), 3600)
    .action((id: string, options: OverrideOptions) =>
      withServer(commandLine.io, options, async (client) => {
        const body = { gate: options.gate, reason: options.reason, expires_in_seconds: options.expiresIn };
        show(commandLine, await client.post<TaskAnswer>(`${taskPath(id)}/override`, body), options);
      }),
    );
}

async function addTask(commandLine: CommandLine, title: string, options: AddOptions): Promise<void> {
  const request: CreateTaskRequest = {
    title,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
    ...(options.dependsOn === undefined ? {} : { dependencies: options.dependsOn }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.capability === undefined ? {} : { capabilities: options.capability }),
    ...(options.label === undefined ? {} : { labels: options.label }),
    ...(options.base === undefined ? {} : { base: options.base }),
  };
  await withServer(commandLine.io, options, async (client) => {
    const created = await client.post<TaskAnswer>("/tasks", request);
    if (options.json) return printJson(commandLine.io, created);
    printFields(commandLine.io, [
      ["task", created.id],
      ["status", created.status],
      ["phase", created.phase],
      ["workflow", created.workflow.name],
    ]);
  });
}

async function syncTask(commandLine: CommandLine, id: string, options: SyncOptions): Promise<void> {
  const { io } = commandLine;
  const { base, reason } = options;
  const body = { ...(base === undefined ? {} : { base }), ...(reason === undefined ? {} : { reason }) };
  await withServer(io, options, async (client) => {
    const { conflicts, entry, hint } = await client.post<SyncAnswer>(`${taskPath(id)}/sync`, body);
    if (conflicts.length > 0) commandLine.exitWith(exitCodes.refused);
    if (options.json) return printJson(io, { conflicts, entry, ...(hint === undefined ? {} : { hint }) });
    if (conflicts.length === 0) return io.out("merged; what was gathered for the tree before counts no more");
    for (const path of conflicts) io.out(`conflict: ${printable(path)}`);
    if (hint !== undefined) io.error(`  hint: ${printable(hint)}`);
  });
}

async function listTasks(commandLine: CommandLine, options: ListOptions): Promise<void> {
  const { io } = commandLine;
  const query = {
    status: options.status,
    phase: options.phase,
    label: options.label,
    agent_id: options.agent,
    limit: options.limit,
    cursor: options.cursor,
  };
  await withServer(io, options, async (client) => {
    const answer = await client.get<TaskListAnswer>("/tasks", query);
    if (options.json) return printJson(io, answer);
    printTable(
      io,
      ["task", "status", "phase", "priority", "agent", "title"],
      answer.tasks.map((task) => [
        task.id,
        task.overridden ? `${task.status} (overridden)` : task.status,
        task.phase,
        task.priority,
        task.agent_id,
        task.title,
      ]),
    );
    if (answer.next_cursor !== null) io.error(`more: --cursor ${answer.next_cursor}`);
    if (answer.tasks.length === 0 && options.phase !== undefined) {
      io.error(
        `no task is in phase \`${printable(options.phase)}\`, written so; workflows name their phases as they like`,
      );
    }
  });
}

async function showDiff({ io }: CommandLine, id: string, options: DiffOptions): Promise<void> {
  const { since, path, limit, cursor } = options;
  await withServer(io, options, async (client) => {
    const answer = await client.get<DiffAnswer>(`${taskPath(id)}/diff`, { since, path, limit, cursor });
    if (options.json) return printJson(io, answer);
    printDifference(io, since, { ...answer, task_id: id });
    if (answer.next_cursor) io.error(`more: --cursor ${answer.next_cursor}`);
  });
}

function show(commandLine: CommandLine, task: TaskAnswer, options: ServerOptions): void {
  if (options.json) printJson(commandLine.io, task);
  else printTask(commandLine.io, task);
}

export function taskPath(id: string): string {
  return `/tasks/${encodeURIComponent(id)}`;
}

/** Reads a whole number from the command line, within its range. */
export function integerBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`a whole number, ${least}..${most}`);
    return value;
  };
}
