import {
  canonicalJson,
  digestBytes,
  digestJson,
  errorRegistry,
  isLegalStatusChange,
  isTerminal,
  type ReasonCode,
  serverPrincipalId,
  type TreeDigest,
} from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Decision, TokenClaims } from "../commands.ts";
import { decide } from "../decide/decide.ts";
import { evolve, foldTask } from "../evolve/evolve.ts";
import type { TaskState } from "../task-state.ts";
import { olga } from "./principals.ts";
import type { Decide, Step, Story } from "./story.ts";
import { changesBetween, treeOf } from "./trees.ts";

/** Thrown where a life of a task breaks an invariant. */
class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

interface Sabotage {
  readonly decide?: Decide;
  readonly workflow?: CompiledWorkflow;
}

/** A rule that every life of a task keeps, and an engine under which it is broken. */
export interface Invariant {
  readonly name: string;
  /** Throws where the life breaks it. */
  readonly holds: (story: Story) => void;
  /** An engine that breaks it, so that the property is seen to fail. */
  readonly sabotage: Sabotage;
  /** What fails then: the property, or the fold that refuses such events. */
  readonly failsBy?: "PhasegateError";
}

/** A tree that is not the entry tree, so that it is compared. */
const openTree = digestBytes("another tree") as TreeDigest;
const everything = { tree: undefined, evidence: {}, artifacts: {} };

export const invariants: readonly Invariant[] = [
  {
    name: "invariant 1: the state is the authority, a token of an older epoch or another holder never acts",
    holds: eachStep(({ before, principal, command, decision, after }) => {
      const token = "token" in command ? command.token : null;
      if (!before || !token || isAlive(before, token, principal.id)) return;
      demand(decision.effect === "deny" || decision.repeated, "a dead token was let through", command);
      demand(
        canonicalJson(standing(after)) === canonicalJson(standing(before)),
        "a dead token moved the task",
        command,
      );
    }),
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        if (!task?.holder || !("token" in command) || !command.token) {
          return decide(task, command, facts, workflow, context);
        }
        const forged = { taskId: task.id, subject: context.principal.id, phase: task.phase, epoch: task.epoch };
        const holder = { ...task.holder, principal: context.principal.id };
        const token = { ...command.token, ...forged };
        return decide({ ...task, holder }, { ...command, token }, facts, workflow, context);
      },
    },
  },
  {
    name: "invariant 2: fail closed, nothing is granted on facts that are missing or on a check that throws",
    holds: eachGrant(({ before, facts, files, decision }, story) => {
      const { tree } = facts;
      demand(tree !== undefined, "a phase was left with its tree unread");
      const compared = tree?.digest === before.entryTree || Object.hasOwn(tree?.differences ?? {}, before.entryTree);
      demand(compared, "a phase was left with its tree uncompared");
      const left = exitOf(decision);
      if (story.workflow.normalized.mode !== "strict" || left.kind !== "forward" || left.overridden) return;
      if (before.phase !== "IMPL") return;
      demand("evidence" in facts, "a gate opened without its evidence");
      demand(!files.has("README.md"), "a gate opened whose check threw");
    }),
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        const tree =
          facts.tree ?? (task && { digest: task.entryTree, unsupported: [], litter: [], differences: {}, paths: [] });
        return decide(
          task,
          command,
          { ...everything, ...facts, ...(tree ? { tree } : {}) } as never,
          workflow,
          context,
        );
      },
    },
  },
  {
    name: "invariant 3: evidence is gathered, no gate that needs it opens on what ran on another tree or was only said",
    holds: eachGrant(({ before, facts, files, decision }, story) => {
      const left = exitOf(decision);
      if (story.workflow.normalized.mode !== "strict" || left.kind !== "forward" || left.overridden) return;
      if (before.phase !== "IMPL") return;
      const { current } = facts.evidence ?? {};
      demand(current?.tree === treeOf(files), "IMPL was left on evidence of another tree", current?.tree);
      const recorded = story.events.some(
        (event) =>
          event.type === "evidence.recorded" &&
          event.principal === serverPrincipalId &&
          event.version <= before.version &&
          event.data.purpose === "current" &&
          event.data.evidence_id === current?.evidenceId &&
          event.data.tree === current?.tree,
      );
      demand(recorded, "IMPL was left on evidence that nobody gathered", current?.evidenceId);
    }),
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        const { tree, evidence } = facts;
        if (!task || !tree || !evidence?.current) return decide(task, command, facts, workflow, context);
        const current = { ...evidence.current, tree: tree.digest };
        const known = task.evidence.map((one) => ({ ...one, tree: tree.digest, id: current.evidenceId }));
        const forged = { ...facts, evidence: { ...evidence, current } };
        return decide({ ...task, evidence: known }, command, forged, workflow, context);
      },
    },
  },
  {
    name: "invariant 4: judge the tree, a phase is left only with changes that it may make",
    holds: eachGrant(({ before, files }, story) => {
      const phase = story.workflow.phases.get(before.phase);
      const denials = phase?.judgeChanges(changesBetween(story.saved(before.entryTree), files), {}) ?? [];
      const strict = story.workflow.normalized.mode === "strict";
      const frozen = before.freezes.flatMap((freeze) => {
        const rule = story.workflow.phases.get(freeze.phase)?.freeze;
        return rule?.judgeChanges(changesBetween(story.saved(freeze.tree), files), {}) ?? [];
      });
      const codes = [...denials, ...frozen].map((denial) => denial.reason.code);
      const forbidden = strict ? codes : codes.filter((code) => code === "path_protected");
      demand(forbidden.length === 0, "a phase was left with forbidden changes", forbidden);
    }),
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        const phases = new Map([...workflow.phases].map(([id, phase]) => [id, { ...phase, judgeChanges: () => [] }]));
        return decide(task, command, facts, { ...workflow, phases }, context);
      },
    },
  },
  {
    name: "invariant 5: an approval that nobody gave opens no gate, and an override counts for its gate, entry and time",
    holds: eachGrant(({ before, files, now, decision }, story) => {
      if (story.workflow.normalized.mode !== "strict" || exitOf(decision).kind !== "forward") return;
      const inForce = (gate: string) =>
        before.overrides.some(
          (one) => one.gate === gate && one.entry === before.entry && Date.parse(one.expiresAt) > now,
        );
      const approved = approvalUsed(decision) !== null || inForce("approval");
      demand(before.phase !== "REVIEW" || approved, "REVIEW was left unapproved");
      const tested = files.has("test/a.test.ts") || inForce("tests");
      demand(before.phase !== "TDD" || tested, "TDD was left without a test");
      const coded = files.has("src/a.ts") || inForce("code");
      demand(before.phase !== "IMPL" || coded, "IMPL was left without code");
    }),
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        const overrides = task?.history.map(({ entry }) => entry) ?? [];
        const stretched = ["tests", "code", "approval"].map((gate) => ({
          gate,
          entry: task?.entry ?? 0,
          expiresAt: "2999-01-01T00:00:00.000Z",
          principal: olga.id,
          reason: `of ${overrides.length} entries`,
        }));
        return decide(task && { ...task, overrides: stretched }, command, facts, workflow, context);
      },
    },
  },
  {
    name: "invariant 5: an approval binds to exactly what was approved, stands until its time, and counts once",
    holds: eachGrant(({ before, files, now, decision, after }, story) => {
      const used = approvalUsed(decision);
      if (used === null) return;
      const approval = before.approvals.find(({ id }) => id === used);
      demand(approval?.status === "granted", "an approval was used that was not granted", approval);
      const artifacts = Object.fromEntries(
        Object.entries(after?.artifacts ?? {}).map(([type, { digest }]) => [type, digest]),
      );
      const bound = {
        gate: "approval",
        workflow: before.workflow.digest,
        tree: treeOf(files),
        artifacts,
        evidence: {},
      };
      const digest = digestJson({ task: before.id, entry: before.entry, ...bound });
      demand(approval?.digest === digest, "an approval was used for something else", approval);
      demand(Date.parse(approval?.expiresAt ?? "") > now, "an approval was used past its time", approval);
      const uses = story.events.filter((event) => event.type === "gate.passed" && event.data.approval_id === used);
      demand(uses.length === 1, "an approval was used twice", used);
    }),
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        const asked = task?.approvals.at(-1);
        if (!asked || !facts.tree) return decide(task, command, facts, workflow, context);
        const tree = { ...facts.tree, digest: asked.tree };
        return decide(task, command, { ...facts, tree }, workflow, context);
      },
    },
  },
  {
    name: "invariant 5: who did the work, or stands too near to who did, never approves or reviews it",
    holds: (story) => {
      for (const { before, principal, command, decision } of story.steps) {
        const judges = command.type === "grant_approval" || command.type === "submit_review";
        if (!before || !judges || decision.effect !== "allow") continue;
        const isOwnersPerson = principal.kind === "person" && principal.owner === null;
        const near = [principal.id, principal.owner].filter((id) => id !== null);
        const doers = isOwnersPerson ? before.authors : [...before.authors, ...before.authorOwners];
        demand(!near.some((id) => doers.includes(id)), "the work was judged by who did it", principal);
      }
    },
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        const blind = command.type === "grant_approval" || command.type === "submit_review";
        const unowned = task && blind ? { ...task, authors: [], authorOwners: [] } : task;
        return decide(unowned, command, facts, workflow, context);
      },
    },
  },
  {
    name: "invariant 6: decided means recorded, every denial and every change of the task is an event",
    holds: (story) => {
      for (const { before, decision, after } of story.steps) {
        demand(!before || decision.effect !== "deny" || decision.events.length > 0, "a denial left no event", decision);
        demand(decision.events.length > 0 || after === before, "the task changed without an event");
      }
      const folded = canonicalJson(foldTask(story.events));
      demand(folded === canonicalJson(story.task), "the fold of the events is another task");
      demand(story.task.version === story.events.length, "the version does not count the events");
    },
    sabotage: {
      decide: (...on) => {
        const decision = decide(...on);
        return decision.effect === "deny" ? { ...decision, events: [] } : decision;
      },
    },
  },
  {
    name: "invariant 8: one way out, for people, no agent overrides and none is marked without one",
    holds: eachStep(({ before, principal, command, decision, after }) => {
      if (decision.events.some((event) => event.type === "task.overridden")) {
        demand(principal.kind === "person" && principal.roles.includes("operator"), "no operator overrode", principal);
      }
      const marked = after?.overridden === true && before?.overridden !== true;
      demand(!marked || command.type === "override", "a task was marked without an override", command);
    }),
    sabotage: {
      decide: (task, command, facts, workflow, context) =>
        decide(task, command, facts, workflow, { ...context, principal: { ...context.principal, kind: "person" } }),
    },
  },
  {
    name: "invariant 9: every denial carries a code, what was seen, what to do next, and its rule where one decided",
    holds: eachStep(({ decision }) => {
      if (decision.effect !== "deny") return;
      demand(decision.reasons.length > 0, "a denial gave no reason", decision);
      for (const { code, message, hint, rule } of decision.reasons) {
        const isPromised = promised.some((text) => message.startsWith(text));
        demand(Object.hasOwn(errorRegistry, code), "a code is not registered", code);
        demand(isPromised || /^[^A-Z\n][^\n]*$/.test(message), "a message is not one lower-case line", message);
        demand(/^[^\n]+$/.test(hint ?? ""), "a denial does not say what to do next", message);
        const placed = /^agent_workflow\.yaml:\d+:\d+$/.test(rule ?? "");
        demand(!ruled.includes(code) || placed, "a denial does not name its rule", message);
      }
    }),
    sabotage: {
      decide: (...on) => {
        const decision = decide(...on);
        return { ...decision, reasons: decision.reasons.map(({ code, message }) => ({ code, message })) };
      },
    },
  },
  {
    name: "invariant 9: putting back is never denied, and every phase with a way back can be left by it",
    holds: (story) => {
      const { task, workflow } = story;
      const back = workflow.phases.get(task.phase)?.exits.find((exit) => exit.kind === "rework");
      if (task.status !== "active" || !back) return;
      const holder = { ...olga, id: task.holder?.principal ?? olga.id };
      story.files = story.saved(task.entryTree);
      const decision = story.transition(back.to, {}, holder);
      demand(decision.reasons.length === 0, "the way back was refused", decision.reasons);
    },
    sabotage: {
      decide: (task, command, facts, workflow, context) => {
        const to = command.type === "request_transition" ? command.targetPhase : null;
        const phase = workflow.phases.get(task?.phase ?? "");
        if (!phase?.exits.some((exit) => exit.to === to && exit.kind === "rework")) {
          return decide(task, command, facts, workflow, context);
        }
        const phases = new Map([...workflow.phases, [phase.id, { ...phase, judgeChanges: denyAll }]]);
        const tree = facts.tree && { ...facts.tree, digest: openTree };
        return decide(task, command, { ...facts, ...(tree ? { tree } : {}) }, { ...workflow, phases }, context);
      },
    },
  },
  {
    name: "status changes are those of the table, and epoch and entry never fall",
    holds: (story) => {
      let before: TaskState | null = null;
      for (const event of story.events) {
        const after: TaskState = evolve(before, event);
        if (before) {
          const [from, to] = [before.status, after.status];
          const legal = from === to || isLegalStatusChange(from, to) || (from === "waiting" && to === "active");
          demand(legal, "a status change is not in the table", [from, to]);
          demand([0, 1].includes(after.epoch - before.epoch), "the epoch fell or leapt", event);
          demand([0, 1].includes(after.entry - before.entry), "the entry fell or leapt", event);
        }
        before = after;
      }
    },
    sabotage: {
      decide: (task, command, facts, workflow, context) =>
        decide(task && { ...task, epoch: Math.max(0, task.epoch - 1) }, command, facts, workflow, context),
    },
    failsBy: "PhasegateError",
  },
  {
    name: "a call that is denied after it ran is put back whole, and recorded so",
    holds: (story) => {
      for (const { command, decision } of story.steps) {
        if (command.type !== "settle_tool" || decision.effect === "allow") continue;
        demand(decision.rollBack === "all", "a denied call was kept", decision);
        const [event] = decision.events;
        demand(event?.type === "tool.rolled_back", "a call put back is not recorded so", event);
      }
    },
    sabotage: {
      decide: (...on) => ({ ...decide(...on), rollBack: "none" }),
    },
  },
];

/** Denies every change, which no phase may do to a path that is put back. */
function denyAll() {
  const reason = { code: "path_not_allowed" as const, message: "nothing may change" };
  return [{ path: "src/a.ts", reason }];
}

const promised = ["Tool '", "No transition defined", "Invalid or expired phase token", "Token task_id does not match"];
const ruled: readonly ReasonCode[] = [
  "tool_not_allowed",
  "path_not_allowed",
  "command_not_allowed",
  "gate_blocked",
  "artifact_missing",
  "artifact_invalid",
  "no_such_transition",
  "rolled_back",
];

function eachStep(check: (step: Step, story: Story) => void): (story: Story) => void {
  return (story) => {
    for (const step of story.steps) check(step, story);
  };
}

/** Each decision by which the task left its phase. */
function eachGrant(check: (step: Step & { before: TaskState }, story: Story) => void): (story: Story) => void {
  return eachStep((step, story) => {
    const { before, decision } = step;
    const left = decision.events.some(({ type }) => type === "task.transitioned" || type === "task.completed");
    if (before && left) check({ ...step, before }, story);
  });
}

function exitOf(decision: Decision): { kind: "forward" | "rework"; overridden: boolean } {
  for (const event of decision.events) {
    if (event.type === "task.transitioned") return { kind: event.data.kind, overridden: event.data.overridden };
    if (event.type === "task.completed") return { kind: "forward", overridden: event.data.overridden };
  }
  throw new RangeError("nothing was left");
}

/** The approval that opened the gate of REVIEW; null where none did. */
function approvalUsed(decision: Decision): string | null {
  for (const event of decision.events) {
    if (event.type === "gate.passed" && event.data.approval_id !== undefined) return event.data.approval_id;
  }
  return null;
}

function isAlive(task: TaskState, token: TokenClaims, principal: string): boolean {
  return (
    !isTerminal(task.status) &&
    token.taskId === task.id &&
    token.epoch === task.epoch &&
    token.subject === principal &&
    task.holder?.principal === principal
  );
}

function standing(task: TaskState | null) {
  return task && [task.status, task.phase, task.entry, task.epoch, task.holder, task.entryTree];
}

function demand(condition: boolean, what: string, seen?: unknown): void {
  if (!condition) throw new InvariantBroken(seen === undefined ? what : `${what}: ${JSON.stringify(seen)}`);
}
