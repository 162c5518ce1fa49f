import type { ApprovalId, BlockerId, EventId, EvidenceId, Facts, JsonValue, Principal, TestRun } from "@phasegate/wire";
import { digestBytes } from "@phasegate/wire";
import * as fc from "fast-check";
import type { Command, TokenClaims } from "../commands.ts";
import { ada, adasPerson, anna, bob, eve, mallory, olga, rex, server } from "./principals.ts";
import { record, runOf } from "./runs.ts";
import type { Story } from "./story.ts";
import { changesBetween, type Files, treeOf } from "./trees.ts";

/** Someone does something. `live`: the holder, by its newest token; else a token from earlier, in any hand. */
export interface Action {
  readonly kind: (typeof kinds)[number];
  readonly who: Principal;
  readonly live: boolean;
  readonly token: number;
  readonly changes: readonly (readonly [string, string | null])[];
  readonly target: string | null;
  readonly gate: string;
  /** Which facts reach the decision. */
  readonly facts: "all" | "none" | "uncompared" | "ungathered" | "foreign";
  readonly artifact: JsonValue;
  readonly choice: boolean;
  readonly waitMs: number;
}

const kinds = [
  "advance",
  "advance",
  "advance",
  "transition",
  "transition",
  "claim",
  "claim",
  "call",
  "call",
  "call",
  "read",
  "outside",
  "resume",
  "gather",
  "gather",
  "claim_evidence",
  "grant",
  "grant",
  "grant",
  "deny",
  "expire_approval",
  "expire_phase",
  "record_trigger",
  "withdraw_approval",
  "review",
  "withdraw",
  "release",
  "fail",
  "renew",
  "expire",
  "cancel",
  "reassign",
  "reopen",
  "override",
  "sync",
  "record_blocker",
  "resolve_blocker",
  "authorize",
  "record",
  "interrupt",
  "wait",
] as const;

const phaseIds = ["PLAN", "TDD", "IMPL", "REVIEW", "DONE"];
const paths = ["src/a.ts", "src/old.ts", "test/a.test.ts", "test/snap/x", "README.md", ".phasegate/x"];

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom(...kinds),
  who: fc.constantFrom(ada, ada, bob, mallory, olga, olga, server, eve, anna, anna, adasPerson, rex),
  live: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  token: fc.nat({ max: 30 }),
  changes: fc.array(fc.tuple(fc.constantFrom(...paths), fc.constantFrom("1", "2", null)), { maxLength: 2 }),
  target: fc.constantFrom(...phaseIds, null),
  gate: fc.constantFrom("tests", "code", "approval"),
  facts: fc.constantFrom("all", "all", "all", "none", "uncompared", "ungathered", "foreign"),
  artifact: fc.constantFrom<JsonValue>({ summary: "s" }, { summary: "s" }, {}, null),
  choice: fc.boolean(),
  waitMs: fc.constantFrom(1, 30_000, 120_000, 700_000_000),
});

export const actions = fc.array(action, { minLength: 1, maxLength: 30, size: "max" });

/** One step on, with everything shown. */
export const honest: Action = {
  kind: "advance",
  who: ada,
  live: true,
  token: 0,
  changes: [],
  target: null,
  gate: "",
  facts: "all",
  artifact: { summary: "s" },
  choice: true,
  waitMs: 1,
};

/** What each phase asks for, so that random lives get somewhere. */
const work: Readonly<Record<string, readonly [string, string]>> = {
  TDD: ["test/a.test.ts", "red"],
  IMPL: ["src/a.ts", "green"],
};

/** Lets an action happen to a task, as a server would let it. */
export class Actor {
  readonly #story: Story;
  readonly #tokens: TokenClaims[] = [];

  constructor(story: Story) {
    this.#story = story;
    story.create();
  }

  perform(action: Action): void {
    const story = this.#story;
    const { holder } = story.task;
    if (holder) this.#tokens.push(story.token());
    const token = action.live
      ? story.token()
      : (this.#tokens[action.token % (this.#tokens.length + 1)] ?? story.token());
    const who = action.live
      ? ([ada, bob, mallory, olga, server].find(({ id }) => id === holder?.principal) ?? action.who)
      : action.who;
    switch (action.kind) {
      case "advance":
        return this.#advance(action);
      case "transition":
        return this.#transition(action, who, token);
      case "call":
        return this.#call(action, who, token);
      case "outside":
        return this.#outside(action, who);
      case "gather":
        return this.#gather(action);
      case "grant":
      case "deny":
        story.do(action.choice ? anna : action.who, this.#command(action, token));
        return;
      case "expire_approval":
        return this.#expireApproval(action, token);
      case "wait":
        story.now += action.waitMs;
        return;
      case "claim":
        story.claim(action.who, { named: action.choice, assurance: action.waitMs === 1 ? "hooked" : "sandboxed" });
        return;
      default:
        story.do(isOwn(action.kind) ? who : action.who, this.#command(action, token), this.#facts(action));
    }
  }

  /** The honest way on: claim, do the phase's work, show everything. */
  #advance(action: Action): void {
    const story = this.#story;
    if (!story.task.holder) story.claim(ada);
    if (story.task.pendingTransition) return this.#answer(action);
    if (story.task.holder?.principal !== ada.id || story.task.status !== "active") return;
    const job = work[story.task.phase];
    if (job) {
      story.files = new Map([...story.saved(story.task.entryTree), job]);
      story.save();
    }
    const target = phaseIds[phaseIds.indexOf(story.task.phase) + 1] ?? null;
    const artifacts = { plan: { summary: "s" } };
    const facts = { tree: story.treeNow(), artifacts };
    if (story.task.phase === "IMPL" && action.facts === "all") record(story, "current", this.#run());
    story.transition(target, { artifacts, facts: action.facts === "ungathered" ? facts : this.#gathered(facts) });
  }

  /** What the pending transition waits for is there, and it is judged again. */
  #answer(action: Action): void {
    const story = this.#story;
    for (const { id, digest, status } of story.task.approvals) {
      if (status !== "requested") continue;
      story.do(anna, { type: "grant_approval", approvalId: id, digest, comment: "" });
    }
    this.#gather({ ...action, live: true });
  }

  /** The server runs the tests, on this tree or on what it was before, and judges again. */
  #gather(action: Action): void {
    const story = this.#story;
    const { pendingTransition, entryTree } = story.task;
    const run = action.live ? this.#run() : runOf("entry", entryTree);
    record(story, "current", run);
    if (!pendingTransition) return;
    // Someone is at the workspace while the transition waits.
    if (action.token % 4 === 1) story.files = changed(story.files, action.changes);
    const { operationId } = pendingTransition;
    const facts = { tree: story.treeNow(), artifacts: {}, evidence: { current: run } };
    story.do(server, { type: "resume_transition", operationId, newTokenId: story.nextTokenId() }, facts);
    story.save();
  }

  #expireApproval(action: Action, token: TokenClaims): void {
    const story = this.#story;
    const { expiresAt } = story.task.approvals.at(-1) ?? {};
    if (action.choice && expiresAt !== undefined) story.now = Math.max(story.now, Date.parse(expiresAt));
    story.do(action.choice ? server : action.who, this.#command(action, token));
  }

  #run(): TestRun {
    const tree = treeOf(this.#story.files);
    return runOf(tree.slice(-12), tree);
  }

  #gathered(facts: Facts): Facts {
    return { ...facts, evidence: { current: this.#run() } };
  }

  #transition(action: Action, who: Principal, token: TokenClaims): void {
    const artifacts: Record<string, JsonValue> = action.choice ? { plan: action.artifact } : {};
    const facts = this.#facts(action);
    const target = action.live && action.choice ? action.target : (phaseIds[action.token % 6] ?? null);
    this.#story.transition(target, { token, artifacts, facts: { ...facts, artifacts } }, who);
  }

  #call(action: Action, who: Principal, token: TokenClaims): void {
    const story = this.#story;
    const toolName = action.choice ? "bash" : "restore_files";
    const args = { command: action.token === 0 ? "curl example.org" : "npm test" };
    const started = story.call(toolName, { token, args }, who);
    const callId = started.events.find((event) => event.type === "tool.started")?.id;
    if (started.effect !== "allow" || !callId) return;
    if (action.token > 20) return;
    if (action.token === 1) story.do(olga, { type: "reassign", reason: "while the call ran" });
    const entry = story.saved(story.task.entryTree);
    const after = action.choice ? changed(story.files, action.changes) : new Map([...story.files, ...entry]);
    story.settle(toolName, callId, after, { token }, who);
    story.save();
  }

  #outside(action: Action, who: Principal): void {
    const story = this.#story;
    const before = story.files;
    const after = changed(before, action.changes);
    const decision = story.do(who, {
      type: "note_outside_change",
      changes: changesBetween(before, after),
      contents: {},
      entryChanges: changesBetween(story.saved(story.task.entryTree), after),
      canRollBack: action.choice,
    });
    const put = decision.rollBack === "none" ? [] : decision.rollBack === "all" ? [...after.keys()] : decision.rollBack;
    story.files = changed(
      after,
      put.map((path) => [path, before.get(path) ?? null] as const),
    );
    story.save();
  }

  #gateHere(): string {
    const { task, workflow } = this.#story;
    return workflow.phases.get(task.phase)?.exits[0]?.gates[0]?.id ?? "none";
  }

  #facts(action: Action): Facts {
    const tree = this.#story.treeNow();
    const artifacts = {};
    if (action.facts === "none") return {};
    if (action.facts === "ungathered") return { tree, artifacts };
    if (action.facts === "uncompared") return this.#gathered({ tree: { ...tree, differences: {} }, artifacts });
    if (action.facts === "all") return this.#gathered({ tree, artifacts });
    const known = this.#story.task.evidence[0]?.tree ?? this.#story.task.baseTree;
    return { tree, artifacts, evidence: { current: runOf(known.slice(-12), known) } };
  }

  #command(action: Action, token: TokenClaims): Command {
    const story = this.#story;
    const reason = "because";
    const blockerId = `blk_${action.token % 2}` as BlockerId;
    const operationId = story.task.pendingTransition?.operationId ?? ("op_none" as never);
    const callId = story.task.openCalls[0]?.callId ?? ("evt_none" as EventId);
    const call = { token, args: {}, argsDigest: null, paths: [] };
    const approval = story.task.approvals.at(-1 - (action.choice ? 0 : action.token % 2));
    const approvalId = approval?.id ?? ("apr_none" as ApprovalId);
    const tree = action.live ? treeOf(story.files) : story.task.baseTree;
    const digest = approval?.digest ?? digestBytes("");
    const resultDigest = digestBytes(tree);
    switch (action.kind) {
      case "claim_evidence": {
        const evidenceId = `evd_${tree.slice(-12)}` as EvidenceId;
        const claimed = { evidenceId, purpose: "current" as const, tree, sourceTree: null, key: resultDigest };
        return {
          type: "record_evidence",
          ...claimed,
          resultDigest,
          status: "completed",
          failed: null,
          selected: false,
          operationId: null,
        };
      }
      case "grant":
        return { type: "grant_approval", approvalId, digest, comment: reason };
      case "deny":
        return { type: "deny_approval", approvalId, digest, comment: reason };
      case "expire_approval":
        return { type: "expire_approval", approvalId };
      case "expire_phase":
        return { type: "expire_phase", entry: story.task.entry - (action.choice ? 0 : 1), blockerId };
      case "record_trigger": {
        const trigger = story.task.triggers.at(-1 - (action.token % 2));
        const settled = { operationId: trigger?.operationId ?? operationId, index: trigger?.index ?? 0 };
        const status = action.choice ? "done" : "failed";
        return { type: "record_trigger", ...settled, status, detail: null, resultDigest: null, spawned: [] };
      }
      case "withdraw_approval":
        return { type: "withdraw_approval", approvalId, reason };
      case "review": {
        const issues = { blocking: action.token % 2, warning: 0, info: 0 };
        return { type: "submit_review", model: "security", tree, verdict: "passed", issues, resultDigest };
      }
      case "read":
        return { type: "call_tool", via: "execute", toolName: "read_files", ...call };
      case "authorize":
        return { type: "call_tool", via: "authorize", toolName: "read_files", ...call };
      case "record":
        return { type: "record_tool", callId, success: true, error: null, resultDigest: null, durationMs: 1 };
      case "interrupt":
        return { type: "interrupt_tools", calls: [callId], reason };
      case "resume":
        return { type: "resume_transition", operationId, newTokenId: story.nextTokenId() };
      case "withdraw":
        return { type: "withdraw_transition", operationId, reason };
      case "release":
      case "fail":
        return { type: action.kind, token, reason };
      case "renew":
        return { type: "renew", token: action.choice ? token : null };
      case "expire":
        return { type: "expire", leaseExpiredAt: story.now };
      case "override":
        return { type: "override", gate: action.choice ? this.#gateHere() : action.gate, reason, expiresInSeconds: 60 };
      case "record_blocker":
        return { type: "record_blocker", blockerId, text: "wait", waitsFor: null };
      case "resolve_blocker":
        return { type: "resolve_blocker", blockerId };
      case "sync": {
        const { entryTree, freezes } = story.task;
        const base = { ref: "main", commit: digestBytes(String(action.token)).slice(7, 47) };
        const frozenTrees = freezes.map((freeze) => freeze.tree);
        return { type: "sync", base, baseTree: entryTree, entryTree, tree: treeOf(story.files), frozenTrees };
      }
      case "cancel":
      case "reassign":
      case "reopen":
        return { type: action.kind, reason };
      default:
        throw new RangeError(`\`${action.kind}\` is not one command`);
    }
  }
}

function isOwn(kind: Action["kind"]): boolean {
  return ["withdraw", "read", "authorize", "record", "release", "fail", "renew"].includes(kind);
}

function changed(files: Files, changes: Action["changes"]): Files {
  const after = new Map(files);
  for (const [path, content] of changes) {
    if (content === null) after.delete(path);
    else after.set(path, content);
  }
  return after;
}
