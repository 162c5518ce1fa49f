import { AsyncLocalStorage } from "node:async_hooks";
import {
  compareTreePaths,
  PhasegateError,
  systemFault,
  type JsonObject,
  type TreeDigest,
  type TreeFacts,
  type UnsupportedEntry,
} from "@phasegate/wire";
import type { ActJudges, ActOutcome, Observation, RollBack, ToolCall, ToolOutcome, TreeRequest } from "../port.ts";
import { RepositoryState } from "../git/repository-state.ts";
import type { LimitName } from "../sandbox/limits.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { ToolExecutor } from "../tools/executor.ts";
import { isLeftOver, removeLeftOver } from "../tools/left-over.ts";
import { fileSamples } from "../tree/file-samples.ts";
import { diffManifests, type Manifest } from "../tree/manifest.ts";
import type { WorkspaceUse } from "../tree/workspace-use.ts";
import { WorkspaceLock, type LockRequest } from "./lock.ts";
import type { DiskSpace } from "./disk-space.ts";
import type { WorkspaceQuota } from "./quota.ts";
import { contentPairs, observe, type ContentsNeeded } from "./observation.ts";
import type { Snapshot, TaskWorkspace, WorkspaceParts } from "./task-workspace.ts";
import type { WorkspaceTool } from "./workspace-tool.ts";

export interface SessionTimes {
  /** The longest that a call waits for the workspace. */
  readonly waitMs: number;
  /** How long a digest, transition or sync waits for what runs before it ends it. */
  readonly patienceMs: number;
}

export type AnyTool = ToolExecutor | WorkspaceTool;

const maxChangedPaths = 1000;
const pastBounds: ReadonlySet<string> = new Set(["tree_too_large", "workspace_full"]);
/** How far the times of files may lie behind the clock that is read here. */
const clockGrainMs = 50;

/**
 * One task's workspace in use: who may run, in which order, and that what ran is judged before anyone else sees it.
 *
 * INVARIANT: outside an exclusive use, the tree on disk is `workspace.kept` unless someone outside changed it.
 * Every exclusive use begins by comparing (`#reconcile`) and ends by keeping what was judged.
 */
export class WorkspaceSession {
  readonly workspace: TaskWorkspace;
  readonly #parts: WorkspaceParts;
  readonly #sandbox: Sandbox;
  readonly #times: SessionTimes;
  readonly #quota: WorkspaceQuota;
  readonly #space: DiskSpace;
  readonly #lock = new WorkspaceLock();
  readonly #running = new Set<{ readonly epoch: number; readonly abort: AbortController }>();
  /** Whether the code that runs holds this workspace alone already. */
  readonly #alone = new AsyncLocalStorage<true>();
  #leastEpoch: number;
  /** What stood in the workspace against all rules when it was last judged. */
  #keptUnsupported = "[]";
  /** The epoch whose settings the agent's `.git` has. */
  #settingsOf: number | null = null;

  constructor(
    workspace: TaskWorkspace,
    parts: WorkspaceParts,
    options: { sandbox: Sandbox; times: SessionTimes; leastEpoch: number; quota: WorkspaceQuota; space: DiskSpace },
  ) {
    this.workspace = workspace;
    this.#parts = parts;
    this.#sandbox = options.sandbox;
    this.#times = options.times;
    this.#quota = options.quota;
    this.#space = options.space;
    this.#leastEpoch = options.leastEpoch;
  }

  read(call: ToolCall, tool: AnyTool): Promise<ToolOutcome> {
    return this.#lock.run(this.#turn("shared", call.signal), async () => {
      return this.#refusal(call.epoch) ?? (await this.#execute(call, tool, null));
    });
  }

  act(call: ToolCall, tool: AnyTool, judges: ActJudges): Promise<ActOutcome> {
    return this.#exclusively(this.#turn("exclusive", call.signal), async () => {
      const entry = await this.#parts.manifests.get(call.entryTree);
      const refusal = this.#refusal(call.epoch);
      if (refusal !== null) return this.nothingDone(refusal);
      await this.workspace.adopt(call.task.base, call.task.workflow);
      const mode = "readsEveryByte" in tool && tool.readsEveryByte ? "full" : "cached";
      const before = await this.#reconcile(mode, entry, judges);
      if (tool.name === "bash") await this.#readyRepository(call.epoch);
      // A command may move the agent's own `.git` on; a call that is put back is put back with that.
      const movesGit = tool.name === "bash" && call.on === "workspace";
      using repository = movesGit ? RepositoryState.of(this.workspace.path) : null;
      const use = await this.#quota.begin();
      const sinceMs = Date.now() - clockGrainMs;
      const ran = await this.#execute(call, tool, before);
      const full = call.on === "throwaway" ? null : await this.#quota.exceeded(use);
      if (full !== null) return await this.#clearAway(before, ran, { use, full, sinceMs, repository });
      const known = { ...before, repository };
      const judged = await this.#judge(known, ran, entry, judges, tool.name).catch((error: unknown) => {
        repository?.putBack();
        throw error;
      });
      const git = judged.rolledBack === "all" && repository !== null ? await this.#putBackGit(repository) : "same";
      await this.#clearSpecialBits(this.#quota.lastUse);
      return git === "same" ? judged : { ...judged, git };
    });
  }

  withTree<Result>(request: TreeRequest, use: (facts: TreeFacts) => Promise<Result>): Promise<Result> {
    return this.alone(async () => {
      const refusal = request.epoch === null ? null : this.#refusal(request.epoch);
      if (refusal !== null) throw new PhasegateError(refusal.code, refusal.message);
      await this.workspace.adopt(request.task.base, request.task.workflow);
      const compared = await Promise.all(request.compareWith.map((digest) => this.#parts.manifests.get(digest)));
      const now = await this.#reconcile("full", compared[0] ?? this.workspace.base.manifest, request);
      return await use(this.#facts(now, compared, (changes) => request.contentsNeeded(changes)));
    });
  }

  /** Takes the workspace alone; what still runs after a short while is ended. */
  alone<Result>(use: () => Promise<Result>): Promise<Result> {
    const impatience = { afterMs: this.#times.patienceMs, end: () => this.#end(() => true) };
    return this.#exclusively({ ...this.#turn("exclusive"), impatience }, use);
  }

  /**
   * From now on refuses calls below `epoch`; resolves when nothing of them runs. Called from within an exclusive use
   * (a decision that moves the task on) it resolves at once: nothing else runs then.
   */
  async fence(epoch: number): Promise<void> {
    this.#leastEpoch = Math.max(this.#leastEpoch, epoch);
    this.#end((runningEpoch) => runningEpoch < this.#leastEpoch);
    if (this.#alone.getStore() === true) return;
    await this.#exclusively(this.#turn("exclusive"), () => this.#comeToRest());
  }

  /** Ends everything and waits until it is gone. */
  async close(): Promise<void> {
    await this.fence(Number.MAX_SAFE_INTEGER);
  }

  /** A workspace that cannot be walked now is refused at its next call. Nothing runs in it all the same. */
  async #comeToRest(): Promise<void> {
    const use = await this.#quota.atRest().catch(() => null);
    await this.#clearSpecialBits(use).catch(() => undefined);
  }

  /** Bits with which a file of the agent would run as the server's user; those of the tree were judged. */
  async #clearSpecialBits(use: WorkspaceUse | null): Promise<void> {
    if (use?.hasSpecialBits !== true) return;
    const judged = JSON.parse(this.#keptUnsupported) as readonly UnsupportedEntry[];
    const keep = judged.map((entry) => entry.path);
    await this.#parts.walkers.clearSpecialBits({ root: this.workspace.path, keep });
    await this.#quota.measure();
  }

  #exclusively<Result>(request: LockRequest, use: () => Promise<Result>): Promise<Result> {
    return this.#lock.run(request, () => this.#alone.run(true, use));
  }

  #turn(mode: "shared" | "exclusive", signal?: AbortSignal): LockRequest {
    return { mode, waitMs: this.#times.waitMs, ...(signal === undefined ? {} : { signal }) };
  }

  #end(concerns: (epoch: number) => boolean): void {
    for (const running of this.#running) if (concerns(running.epoch)) running.abort.abort();
  }

  #refusal(epoch: number) {
    if (epoch >= this.#leastEpoch) return null;
    const message = `the call belongs to epoch ${epoch}; the task is at epoch ${this.#leastEpoch} or later`;
    return { status: "failed", code: "token_superseded", message, result: null, durationMs: 0 } as const;
  }

  nothingDone(outcome: ToolOutcome): ActOutcome {
    const { digest } = this.workspace.kept;
    const nothing = { changes: [], entryChanges: [], contents: {}, unsupported: [] };
    return {
      outcome,
      observation: { treeBefore: digest, treeAfter: digest, ...nothing },
      rolledBack: "none",
      litter: [],
    };
  }

  async #execute(call: ToolCall, tool: AnyTool, before: Snapshot | null): Promise<ToolOutcome> {
    const running = { epoch: call.epoch, abort: new AbortController() };
    this.#running.add(running);
    const startedAt = performance.now();
    try {
      return await tool.run(call.args, {
        workspacePath: this.workspace.path,
        readOnlyMounts: this.workspace.readOnlyMounts,
        sandbox: this.#sandbox,
        network: call.network,
        timeoutSeconds: call.timeoutSeconds,
        on: call.on,
        limits: this.#sandbox.limits,
        paths: () => before?.manifest.entries.keys() ?? [],
        overLimit: () => this.#lookAtDisk(call.on),
        signal: AbortSignal.any([call.signal, running.abort.signal]),
        workspace: this.workspace,
        parts: this.#parts,
        before,
        entryTree: call.entryTree,
        baseTree: call.baseTree,
      });
    } catch (error) {
      // What the tool may have done is judged like anything else; only then is the failure told.
      const coded = systemFault(error) ?? error;
      const code = coded instanceof PhasegateError ? coded.code : "internal_error";
      const message = coded instanceof Error ? coded.message : String(coded);
      return { status: "failed", code, message, result: null, durationMs: performance.now() - startedAt };
    } finally {
      this.#running.delete(running);
    }
  }

  async #lookAtDisk(on: ToolCall["on"]): Promise<LimitName | null> {
    if (on === "workspace") return await this.#quota.look();
    return (await this.#space.left()) === null ? null : "disk";
  }

  /** The call filled the workspace past its quota: all that it added goes, and it has failed. */
  async #clearAway(
    before: Snapshot,
    ran: ToolOutcome,
    {
      use,
      full,
      sinceMs,
      repository,
    }: { use: WorkspaceUse; full: WorkspaceUse; sinceMs: number; repository: RepositoryState | null },
  ): Promise<ActOutcome> {
    repository?.reclaim();
    await this.workspace.reset(before.manifest);
    const keep = [...before.manifest.entries.keys()];
    await this.#parts.walkers.removeSince({ root: this.workspace.path, sinceMs, keep });
    repository?.putBack();
    const left = await this.#quota.measure();
    const isGitFull = this.#quota.isExceeded(left) && left.bytes > use.bytes;
    if (isGitFull) {
      await this.workspace.remakeRepository();
      await this.#quota.measure();
    }
    const gitToo = isGitFull ? ", and `.git` was made anew" : "";
    const outcome: ToolOutcome = {
      status: "failed",
      code: "workspace_full",
      message: `the workspace held ${this.#quota.describe(full)} after the call; what it added was removed${gitToo}`,
      hint: "write less, or write what need not stay below `/tmp`; an operator can raise `runner.max_workspace_mb`",
      result: ran.result,
      durationMs: ran.durationMs,
    };
    return { ...this.nothingDone(outcome), rolledBack: "all" };
  }

  async #judge(
    before: Snapshot & KnownBefore,
    ran: ToolOutcome,
    entry: Manifest,
    judges: ActJudges,
    toolName: string,
  ): Promise<ActOutcome> {
    const after = await this.#readAfter(before, toolName);
    if (after.status === "reset") {
      return { ...this.nothingDone(after.outcome), rolledBack: "all" };
    }
    const observation = this.#observe(before.manifest, after.now, entry, (changes) => judges.contentsNeeded(changes));
    const outcome = toolName === "bash" ? withChangedPaths(ran, observation) : ran;
    const rolledBack = await this.#settle(before, after.now, () => judges.observed(observation, outcome));
    const known = new Set(before.litter);
    const litter = rolledBack === "all" ? [] : after.now.litter.filter((path) => !known.has(path));
    return { outcome, observation, rolledBack, litter };
  }

  /** Before a command. Each epoch has a holder and a phase of its own, and begins with settings that nobody left there. */
  async #readyRepository(epoch: number): Promise<void> {
    const isNew = await this.workspace.mendRepository();
    if (!isNew && this.#settingsOf !== epoch) await this.workspace.renewSettings();
    this.#settingsOf = epoch;
  }

  /** The agent's `.git` goes back with the tree, or is made anew where that leaves none. */
  async #putBackGit(repository: RepositoryState): Promise<"same" | "put_back" | "left" | "made_anew"> {
    const state = repository.putBack();
    return (await this.workspace.mendRepository()) ? "made_anew" : state;
  }

  /** A tree past its bounds cannot be judged: it is put back whole, and the call has failed. */
  async #readAfter(
    before: Snapshot & KnownBefore,
    toolName: string,
  ): Promise<{ status: "read"; now: Snapshot } | { status: "reset"; outcome: ToolOutcome }> {
    try {
      // What is put back is kept already.
      const maxNewBytes = toolName === "restore_files" ? Infinity : this.#parts.versions.leftFor(this.workspace.taskId);
      return { status: "read", now: await this.workspace.scan("cached", { afterCall: true, maxNewBytes }) };
    } catch (error) {
      if (!(error instanceof PhasegateError) || !pastBounds.has(error.code)) throw error;
      before.repository?.reclaim();
      await this.workspace.reset(before.manifest);
      const { code, message, extras } = error;
      const hint = extras.hint === undefined ? {} : { hint: extras.hint };
      return { status: "reset", outcome: { status: "failed", code, message, ...hint, result: null, durationMs: 0 } };
    }
  }

  /** The tree now; where it differs from what was kept, someone outside changed it, and the judge decides. */
  async #reconcile(
    mode: "cached" | "full",
    entry: Manifest,
    judge: { contentsNeeded: ContentsNeeded; changedOutside(observation: Observation): Promise<RollBack> },
  ): Promise<Snapshot> {
    const { kept } = this.workspace;
    const now = await this.#scanWithoutLeftOvers(mode);
    if (now.manifest.digest === kept.digest && this.#keptUnsupported === JSON.stringify(now.unsupported)) {
      return now;
    }
    const observation = this.#observe(kept, now, entry, (changes) => judge.contentsNeeded(changes));
    const rolledBack = await this.#settle({ manifest: kept, litter: null }, now, () =>
      judge.changedOutside(observation),
    );
    return rolledBack === "none" ? now : await this.workspace.scan(mode);
  }

  /** Files that writes left beside their targets when the server was killed are nobody's change: they go unseen. */
  async #scanWithoutLeftOvers(mode: "cached" | "full"): Promise<Snapshot> {
    const now = await this.workspace.scan(mode);
    const { entries } = this.workspace.kept;
    const came = [...now.manifest.entries.keys()].filter((path) => !entries.has(path));
    const left = [...came, ...now.litter].filter(isLeftOver);
    if (left.length === 0) return now;
    for (const path of left) removeLeftOver(this.workspace.path, path);
    return await this.workspace.scan(mode);
  }

  #observe(before: Manifest, after: Snapshot, entry: Manifest, contentsNeeded: ContentsNeeded): Observation {
    return observe(this.#parts.contents, { before, after, entry, contentsNeeded });
  }

  /** Asks the judge, does what it says, and keeps what is then there. A judge that fails has allowed nothing. */
  async #settle(before: KnownBefore, now: Snapshot, judge: () => Promise<RollBack>): Promise<RollBack> {
    let rollBack: RollBack;
    try {
      rollBack = await judge();
    } catch (error) {
      await this.#putBack(now, before, "all");
      throw error;
    }
    if (rollBack === "none" || rollBack.length === 0) {
      await this.#keep(now);
      return "none";
    }
    await this.#putBack(now, before, rollBack);
    return rollBack;
  }

  async #putBack(now: Snapshot, before: KnownBefore, paths: "all" | readonly string[]): Promise<void> {
    const target = before.manifest;
    if (paths === "all") before.repository?.reclaim();
    await this.workspace.restore(now, target, paths, before.litter);
    const restored = await this.workspace.scan("cached");
    const left = diffManifests(target, restored.manifest).filter(
      (change) => paths === "all" || paths.includes(change.path),
    );
    const unsupported = restored.unsupported.filter((entry) => paths === "all" || paths.includes(entry.path));
    if (left.length > 0 || unsupported.length > 0) {
      const path = left[0]?.path ?? unsupported[0]?.path ?? "";
      const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
      throw new PhasegateError("workspace_unavailable", `\`${shown}\` could not be put back`, {
        hint: "remove it by hand, or cancel the task; every call of this task is refused until it is gone",
      });
    }
    await this.#keep(restored);
  }

  async #keep(now: Snapshot): Promise<void> {
    await this.workspace.keep(now.manifest);
    this.#keptUnsupported = JSON.stringify(now.unsupported);
  }

  #facts(now: Snapshot, compared: readonly Manifest[], contentsNeeded: ContentsNeeded): TreeFacts {
    const differences: Record<TreeDigest, TreeFacts["differences"][string]> = {};
    for (const from of compared) {
      const changes = diffManifests(from, now.manifest);
      const contents = contentPairs(this.#parts.contents, changes, contentsNeeded);
      differences[from.digest] = {
        from: from.digest,
        changes,
        contents,
        samples: fileSamples(this.#parts.contents, changes),
      };
    }
    return {
      digest: now.manifest.digest,
      unsupported: now.unsupported,
      litter: now.litter,
      differences,
      paths: [...now.manifest.entries.keys()].sort(compareTreePaths),
      linksAndSubmodules: [...now.manifest.entries.values()]
        .filter(({ type }) => type !== "file")
        .map(({ path }) => path)
        .sort(compareTreePaths),
    };
  }
}

/** What was there before something ran; its litter is known only when the runner itself looked just before. */
interface KnownBefore {
  readonly manifest: Manifest;
  readonly litter: readonly string[] | null;
  readonly repository?: RepositoryState | null;
}

function withChangedPaths(outcome: ToolOutcome, observation: Observation): ToolOutcome {
  if (outcome.result === null) return outcome;
  const { changes } = observation;
  const changedPaths = changes.slice(0, maxChangedPaths).map((change) => change.path);
  const more = changes.length > maxChangedPaths ? { truncated: true } : {};
  const result: JsonObject = {
    ...outcome.result,
    changed_paths: changedPaths,
    changed_paths_total: changes.length,
    ...more,
  };
  return { ...outcome, result };
}
