import type { Facts, Reason } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { CommandContext, CreateTask, Decision } from "../commands.ts";
import { allow, deny, newEvent } from "./answer.ts";

/** Most steps between a task that a trigger made and one that people made. */
const maxSpawnDepth = 2;
/** Most tasks that the triggers of one task make, however often its transitions are repeated. */
const maxSpawned = 50;

/** Creates a task in the workflow's first phase: by an operator, or by the server for a claim that found none. */
export function decideCreate(
  command: CreateTask,
  facts: Facts,
  workflow: CompiledWorkflow,
  context: CommandContext,
): Decision {
  const reasons = judge(command, facts, workflow, context);
  if (reasons.length > 0) return deny(reasons, []);
  const states = new Map((facts.dependencies ?? []).map((dependency) => [dependency.id, dependency.status]));
  return allow([
    newEvent(context, "task.created", {
      title: command.title,
      description: command.description,
      priority: command.priority,
      capabilities: [...command.capabilities],
      labels: [...command.labels],
      dependencies: [...command.dependencies],
      waiting: command.dependencies.some((id) => states.get(id) !== "completed"),
      workflow: { name: workflow.normalized.name, digest: workflow.digest },
      base: command.base,
      phase: workflow.initialPhase.id,
      tree: command.tree,
      ad_hoc: command.adHoc,
      ...(command.spawnedBy
        ? { spawned_by: { task_id: command.spawnedBy.taskId, depth: command.spawnedBy.depth + 1 } }
        : {}),
    }),
  ]);
}

function judge(
  command: CreateTask,
  facts: Facts,
  workflow: CompiledWorkflow,
  context: CommandContext,
): readonly Reason[] {
  if (!command.adHoc && !context.principal.roles.includes("operator")) {
    return [
      {
        code: "forbidden",
        message: "only operators create tasks",
        hint: "ask an operator to add the task with `phasegate task add`",
      },
    ];
  }
  const tooMany = judgeSpawned(command);
  if (tooMany) return [tooMany];
  if (command.workflowDigest !== workflow.digest) {
    return [
      {
        code: "unknown_workflow",
        message: `the workflow \`${command.workflowDigest}\` is not the one that was read`,
        hint: "name a registered workflow",
      },
    ];
  }
  if (command.dependencies.includes(command.taskId)) {
    return [
      {
        code: "dependency_cycle",
        message: `\`${command.taskId}\` would wait for itself`,
        hint: "leave the task out of its own dependencies",
      },
    ];
  }
  const known = new Set((facts.dependencies ?? []).map((dependency) => dependency.id));
  return command.dependencies
    .filter((id) => !known.has(id))
    .map((id) => ({
      code: "unknown_task" as const,
      message: `no task \`${id}\` to depend on`,
      hint: "create the dependency first",
    }));
}

/** Tasks that make tasks come to an end, in depth and in number. */
function judgeSpawned({ spawnedBy }: CreateTask): Reason | null {
  if (!spawnedBy) return null;
  if (spawnedBy.depth >= maxSpawnDepth) {
    return {
      code: "limit_exceeded",
      message: `a task may lie ${maxSpawnDepth} triggers from one that people made`,
      hint: "let a person create the task",
    };
  }
  if (spawnedBy.siblings < maxSpawned) return null;
  return {
    code: "limit_exceeded",
    message: `the triggers of \`${spawnedBy.taskId}\` have made ${maxSpawned} tasks already`,
    hint: "let a person create the task",
  };
}
