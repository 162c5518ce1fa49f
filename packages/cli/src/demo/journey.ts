import type { AgentClient, TransitionOptions, TransitionResult } from "@phasegate/sdk";
import type { ApprovalAnswer, ReviewAnswer, TaskAnswer } from "@phasegate/wire";
import type { Moment } from "./attack-case.ts";
import { commitMessage, newExport, newModule, newTest, plan } from "./honest-work.ts";
import type { Stage } from "./stage.ts";

/** What is told of the way while it is gone. */
export interface Companion {
  /** Called at each moment of each phase, before the agent goes on. */
  at(phase: string, moment: Moment, approval: ApprovalAnswer | null): Promise<void>;
  /** One step of the honest way is done. */
  did(what: string): void;
}

/**
 * The honest way through the workflow: plan, tests that are red, the implementation, review, a person's approval,
 * commit. Throws at the first step that is refused: that is a false block. Answers the commit.
 */
export async function walkHonestly(stage: Stage, client: AgentClient, companion: Companion): Promise<string> {
  await companion.at("PLAN", "entered", null);
  await move(client, "TDD", companion, "plan handed in", { plan });

  await companion.at("TDD", "entered", null);
  await client.writeFile(newTest.path, newTest.content);
  companion.did(`\`${newTest.path}\` written; the module that it tests does not exist yet`);
  await companion.at("TDD", "ready", null);
  await move(client, "IMPL", companion, "tests handed in, red");

  await companion.at("IMPL", "entered", null);
  await client.writeFile(newModule.path, newModule.content);
  await client.editFile(newExport.path, newExport);
  const { exit_code } = await client.runCommand("node --test");
  companion.did(`\`${newModule.path}\` written; \`node --test\` ends with ${exit_code}`);
  await companion.at("IMPL", "ready", null);
  await move(client, "REVIEW", companion, "code handed in, green");

  await companion.at("REVIEW", "entered", null);
  await review(stage, companion);
  await approved(stage, client, companion);

  await companion.at("COMPLETE", "entered", null);
  const { commit } = await client.gitCommit(commitMessage);
  companion.did(`committed ${commit.slice(0, 12)} on branch phasegate/${stage.taskId}`);
  const completed = await client.complete();
  if (completed.outcome !== "completed") throw refused("completing", completed);
  companion.did("completed");
  await companion.at("COMPLETE", "ended", null);
  return commit;
}

async function move(
  client: AgentClient,
  target: string,
  companion: Companion,
  what: string,
  artifacts: TransitionOptions["artifacts"] = {},
): Promise<void> {
  const result = await client.requestTransition(target, { artifacts });
  if (result.outcome !== "moved") throw refused(`the transition to ${target}`, result);
  companion.did(`${what}; on to ${target}`);
}

async function review(stage: Stage, companion: Companion): Promise<void> {
  const { verdict } = await stage.client("reviewer").post<ReviewAnswer>(`/reviews/${stage.taskId}`, {
    verdict: "pass",
    summary: "does what the plan says, nothing beside it",
    findings: [],
    model: "quality",
  });
  companion.did(`reviewed by reviewer-1: ${verdict}`);
}

/** Asks to leave REVIEW, lets the person decide on what she was shown, and takes the task up again. */
async function approved(stage: Stage, client: AgentClient, companion: Companion): Promise<void> {
  const asked = await client.requestTransition("COMPLETE");
  if (asked.outcome !== "awaiting_approval" || asked.approval === null) throw refused("asking for approval", asked);
  const person = stage.client("person");
  const seen = await person.get<ApprovalAnswer>(`/approvals/${asked.approval.id}`);
  companion.did(`approval asked for: ${seen.id}`);
  await companion.at("REVIEW", "awaiting_approval", seen);
  await person.post(`/approvals/${seen.id}/grant`, { digest: seen.digest, comment: "as planned" });
  const moved = await client.waitForTransition({ pollMs: 200 });
  if (moved.outcome !== "moved") throw refused("the approved transition", moved);
  companion.did("approved by maria, bound to that digest; on to COMPLETE");
  await companion.at("COMPLETE", "approved", seen);
}

function refused(what: string, { outcome, blockers, findings }: TransitionResult): Error {
  const reasons = [...findings.map(({ check, message }) => `${check}: ${message}`), ...blockers];
  return new Error(`${what} came to \`${outcome}\`: ${reasons.join("; ")}`);
}

/** The task as the server has it. */
export function finalTask(stage: Stage): Promise<TaskAnswer> {
  return stage.client("operator").get<TaskAnswer>(`/tasks/${stage.taskId}`);
}
