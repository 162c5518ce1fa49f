import type { CreateTask, TaskState } from "@phasegate/engine";
import { PhasegateError, parseId } from "@phasegate/wire";
import type { DependencyFact, TaskId } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Caller, ServerContext } from "../context.ts";

export interface CreateInput {
  readonly title: string;
  readonly description?: string;
  readonly workflow?: string;
  readonly dependencies?: readonly string[];
  readonly priority?: number;
  readonly capabilities?: readonly string[];
  readonly labels?: readonly string[];
  readonly base?: string;
}

/** Makes a task: pins its workflow and its base commit, and waits for its dependencies. */
export async function createTask(
  context: ServerContext,
  caller: Caller,
  input: CreateInput,
  options: {
    readonly adHoc: boolean;
    /** Made by a trigger, under the id that follows from it. */
    readonly taskId?: TaskId;
    readonly spawnedBy?: NonNullable<CreateTask["spawnedBy"]>;
  },
): Promise<TaskState> {
  const workflow = await findWorkflow(context, input.workflow);
  const dependencies = await readDependencies(context, input.dependencies ?? []);
  const base = await context.runner.resolveBase({
    repository: context.workflows.repositoryOf(workflow),
    ref: input.base ?? workflow.normalized.workspace.base,
    workflow,
  });
  const taskId = options.taskId ?? context.ids.make("task");
  const { task } = await context.tasks.create({
    taskId,
    caller,
    workflow,
    facts: { dependencies },
    command: {
      type: "create",
      taskId,
      title: input.title,
      description: input.description ?? null,
      priority: input.priority ?? 0,
      capabilities: [...new Set(input.capabilities)],
      labels: [...new Set(input.labels)],
      dependencies: dependencies.map((dependency) => dependency.id),
      workflowDigest: workflow.digest,
      base: { ref: base.ref, commit: base.commit },
      tree: base.tree,
      adHoc: options.adHoc,
      ...(options.spawnedBy ? { spawnedBy: options.spawnedBy } : {}),
    },
  });
  return task;
}

/** Names in a hint at most. */
const maxNames = 10;

async function registeredNames({ workflows }: ServerContext): Promise<string> {
  const names = [...new Set((await workflows.list()).map(({ normalized }) => normalized.name))];
  const more = names.length > maxNames ? ["and more: `GET /api/v1/workflows`"] : [];
  return [...names.slice(0, maxNames).map((name) => `\`${name}\``), ...more].join(", ");
}

async function findWorkflow(context: ServerContext, asked: string | undefined): Promise<CompiledWorkflow> {
  const name = asked ?? context.workflows.defaultDigest;
  const workflow = await context.workflows.find(name);
  if (workflow) return workflow;
  throw new PhasegateError("unknown_workflow", `no workflow \`${name}\``, {
    hint: `registered: ${await registeredNames(context)}`,
  });
}

/**
 * Dependencies must exist. A new task has no dependents yet, so what exists can never wait for it: a cycle cannot be
 * written down, except by naming oneself, which no caller can.
 */
async function readDependencies(context: ServerContext, ids: readonly string[]): Promise<DependencyFact[]> {
  const found: DependencyFact[] = [];
  for (const text of new Set(ids)) {
    const id: TaskId | null = parseId("task", text);
    const row = id ? await context.ledger.getTask(id) : null;
    if (!row) {
      throw new PhasegateError("unknown_task", `the dependency \`${text}\` is no task`, {
        status: 422,
        hint: "create the dependency first and use the id that it answered",
      });
    }
    found.push({ id: row.id, status: row.status });
  }
  return found;
}
