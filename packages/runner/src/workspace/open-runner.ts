import { chmod, mkdir, stat } from "node:fs/promises";
import path from "node:path";
import type { TaskId } from "@phasegate/wire";
import { Git } from "../git/git.ts";
import { Mirror } from "../git/mirror.ts";
import type { ProbeResult, Runner, ToolCall, WorkspaceKey } from "../port.ts";
import { openSandbox } from "../sandbox/open-sandbox.ts";
import { probeCommands } from "../sandbox/probe.ts";
import type { SandboxLimits } from "../sandbox/limits.ts";
import type { SandboxOptions } from "../sandbox/sandbox.ts";
import { foreseeWrite } from "../tools/foresee-write.ts";
import { openToolExecutors } from "../tools/tool-executors.ts";
import { Spawner } from "../spawner/spawner.ts";
import { ContentStore } from "../tree/content-store.ts";
import { ManifestStore } from "../tree/manifest-store.ts";
import type { ScanLimits } from "../tree/scanner.ts";
import { TreeWorkers } from "../tree/tree-workers.ts";
import type { UseBounds } from "../tree/workspace-use.ts";
import { BaseTrees, toTreeEntry } from "./base-trees.ts";
import { DiskSpace, watchingDisk } from "./disk-space.ts";
import { gitCommit } from "./git-commit.ts";
import { gitDiff } from "./git-diff.ts";
import { KeptVersions } from "./kept-versions.ts";
import { Layout } from "./layout.ts";
import { WorkspaceQuota } from "./quota.ts";
import type { SlotUse } from "../evidence/run-slots.ts";
import { openEvidenceRunner } from "../evidence/evidence-runner.ts";
import { type Collected, collectUnused, leastGraceMs, neededBytes, type CollectRequest } from "./collection.ts";
import { resolveWorkspacePath } from "./resolve-path.ts";
import { restoreFiles } from "./restore-files.ts";
import { WorkspaceSession, type AnyTool, type SessionTimes } from "./session.ts";
import { SessionTable } from "./session-table.ts";
import { syncWorkspace } from "./sync.ts";
import { removeDirectory } from "../tree/remove-directory.ts";
import { keptTreeOf, TaskWorkspace, type WorkspaceParts } from "./task-workspace.ts";
import { treeDifference } from "./tree-difference.ts";

export interface RunnerOptions {
  /** Mode 0700; made if absent. Holds mirrors, trees, and the server's git directory of each task. */
  readonly dataDir: string;
  /** null: `workspaces` in the data directory. */
  readonly workspacesDir: string | null;
  readonly sandbox: SandboxOptions["mode"];
  /** The server's variables, of which PATH and the homes of toolchains are looked at (`toolchainVariables`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<ScanLimits>;
  /** Directories of toolchains outside /usr that commands may read, besides those found through PATH. */
  readonly toolchainDirs?: readonly string[];
  /** Evidence runs at once. */
  readonly maxConcurrentRuns?: number;
  /** `host` or `host:port` that `workspace.setup` may reach although their addresses are private. */
  readonly setupHosts?: readonly string[];
  /** Hears of each change of the places for evidence runs; must not throw. */
  readonly onSlots?: (slots: SlotUse) => void;
  readonly times?: Partial<SessionTimes>;
  /** Bounds on each command; those left out have safe defaults. */
  readonly commandLimits?: Partial<SandboxLimits>;
  /** See `SandboxOptions`. */
  readonly niceness?: number;
  readonly probesAllLimits?: boolean;
  /** Bounds on what a workspace takes on the disk. */
  readonly quota?: Partial<UseBounds>;
  /** Bound on the bytes of file versions that are kept for one task. */
  readonly maxVersionBytes?: number;
  /** Bound on the bytes of all setup layers. */
  readonly maxLayerBytes?: number;
  /** Free space on the disks of data and workspaces below which nothing that writes is begun. */
  readonly minFreeBytes?: number;
}

const defaultLimits: ScanLimits = {
  maxFiles: 200_000,
  maxBytes: 4 * 1024 ** 3,
  maxCallBytes: 256 * 1024 ** 2,
  maxReadMs: 120_000,
};
const defaultQuota: UseBounds = { maxBytes: 8 * 1024 ** 3, maxEntries: 1_000_000 };
const defaultMinFreeBytes = 512 * 1024 ** 2;
const defaultVersionBytes = 8 * 1024 ** 3;
const defaultLayerBytes = 16 * 1024 ** 3;
const defaultTimes: SessionTimes = { waitMs: 600_000, patienceMs: 5_000 };
const defaultConcurrentRuns = 4;
const probeTimeoutMs = 10_000;
const treeThreads = 2;
const maxIdleSessions = 256;
const workspaceTools = [restoreFiles, gitDiff, gitCommit] as const;

/** Opens the runner. Rejects when git is missing, or where the sandbox is `required` and does not hold. */
export async function openRunner(options: RunnerOptions): Promise<Runner> {
  const layout = new Layout(options);
  await mkdir(layout.root, { recursive: true, mode: 0o700 });
  await chmod(layout.root, 0o700);
  await mkdir(layout.throwaways, { recursive: true, mode: 0o700 });
  const spawner = await Spawner.open({ pipesDirectory: layout.pipes });
  try {
    return await openOver(spawner, layout, options);
  } catch (error) {
    await spawner.close();
    throw error;
  }
}

async function openOver(spawner: Spawner, layout: Layout, options: RunnerOptions): Promise<Runner> {
  const searchPath = options.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  const git = await Git.open({ directory: layout.root, searchPath, spawner });
  const contents = new ContentStore(layout.contents);
  const manifests = new ManifestStore(layout.manifests);
  await manifests.open();
  const limits = { ...defaultLimits, ...options.limits };
  const sandbox = await openSandbox({
    spawner,
    mode: options.sandbox,
    dataDir: path.resolve(options.dataDir),
    scratchDir: layout.throwaways,
    environment: options.environment,
    toolchainDirs: options.toolchainDirs ?? [],
    limits: options.commandLimits ?? {},
    probesAllLimits: options.probesAllLimits ?? false,
    ...(options.niceness === undefined ? {} : { niceness: options.niceness }),
  });
  const space = new DiskSpace([layout.root, layout.workspaces], options.minFreeBytes ?? defaultMinFreeBytes);
  const bounds = { ...defaultQuota, ...options.quota };
  const mirrors = new Map<string, Promise<Mirror>>();
  const parts: WorkspaceParts = {
    git,
    layout,
    contents,
    manifests,
    baseTrees: new BaseTrees({ git, contents, manifests, directory: layout.bases, limits }),
    workers: new TreeWorkers({ contentsDirectory: layout.contents, limits }, treeThreads),
    walkers: new TreeWorkers({ contentsDirectory: layout.contents, limits }, 1),
    versions: new KeptVersions(options.maxVersionBytes ?? defaultVersionBytes),
    mirrorOf: (repository) => remember(mirrors, repository, () => Mirror.open(git, repository, layout.mirrors)),
  };
  const evidence = await openEvidenceRunner({
    sandbox: watchingDisk(sandbox, space),
    maxLayerBytes: options.maxLayerBytes ?? defaultLayerBytes,
    workers: parts.workers,
    contents,
    manifests,
    scratch: layout.throwaways,
    layers: layout.layers,
    maxConcurrentRuns: options.maxConcurrentRuns ?? defaultConcurrentRuns,
    setupHosts: options.setupHosts ?? [],
    ...(options.onSlots === undefined ? {} : { onSlots: options.onSlots }),
    async scratchEntries(task) {
      const mirror = await parts.mirrorOf(task.repository);
      await mirror.ensure(task.base.commit);
      const { listing } = await parts.baseTrees.get(mirror, task.base.commit, task.workflow);
      return listing.filter((entry) => task.workflow.isScratch(entry.path)).map(toTreeEntry);
    },
  });
  const executors = openToolExecutors();
  const tools = new Map<string, AnyTool>(executors.byName);
  for (const tool of workspaceTools) tools.set(tool.name, tool);
  const times = { ...defaultTimes, ...options.times };
  const leastEpochs = new Map<TaskId, number>();
  const sessions = new SessionTable<WorkspaceKey, WorkspaceSession>({
    async open(key) {
      const workspace = await TaskWorkspace.open(parts, key);
      const root = workspace.path;
      const quota = new WorkspaceQuota({
        path: root,
        bounds,
        space,
        measure: () => parts.walkers.measure({ root, bounds }),
      });
      const leastEpoch = leastEpochs.get(key.taskId) ?? 0;
      return new WorkspaceSession(workspace, parts, { sandbox, times, leastEpoch, quota, space });
    },
    letGo: (taskId) => void forgetRoot(layout.workspace(taskId)).catch(() => undefined),
    maxIdle: maxIdleSessions,
  });

  async function forgetRoot(root: string): Promise<void> {
    await Promise.all([parts.workers.forget(root), parts.walkers.forget(root)]);
  }

  return {
    capabilities: { assurance: sandbox.assurance, separateUser: sandbox.separateUser, probes: sandbox.probes },

    async resolveBase({ repository, ref, workflow }) {
      const mirror = await parts.mirrorOf(repository);
      const pinned = await mirror.pin(ref);
      const base = await parts.baseTrees.get(mirror, pinned.commit, workflow);
      return { ...pinned, tree: base.manifest.digest };
    },

    async openWorkspace(key) {
      const path = await sessions.use(key, ({ workspace }) => workspace.path);
      return { path, mode: "clone" };
    },

    async read(call) {
      const tool = tools.get(call.toolName) ?? null;
      return tool === null ? notAvailable(call) : await sessions.use(call.task, (session) => session.read(call, tool));
    },

    async act(call, judges) {
      const tool = tools.get(call.toolName) ?? null;
      return await sessions.use(call.task, (session) =>
        tool === null ? session.nothingDone(notAvailable(call)) : session.act(call, tool, judges),
      );
    },

    async withTree(request, use) {
      return await sessions.use(request.task, (session) => session.withTree(request, use));
    },

    async diff({ task, since, ...part }) {
      const from = await manifests.get(since);
      // A workspace that was discarded is not made again to show what it held.
      const isThere = await stat(layout.workspace(task.taskId)).catch(() => null);
      const discarded = isThere === null ? await keptTreeOf(layout.taskState(task.taskId)) : null;
      if (discarded !== null) {
        const gitDir = layout.taskGitDir(task.taskId);
        return await treeDifference({ git, gitDir, contents }, from, await manifests.get(discarded), part);
      }
      return await sessions.use(task, ({ workspace }) =>
        treeDifference({ git, gitDir: workspace.gitDir, contents }, from, workspace.kept, part),
      );
    },

    collect: (request) => collect(parts, evidence, request),

    async discardWorkspace(task) {
      const session = await sessions.peek(task)?.catch(() => null);
      // What comes meanwhile finds the closed session and is refused; only then may a new one be opened.
      await session?.close();
      const root = layout.workspace(task);
      await forgetRoot(root);
      await removeDirectory(root);
      sessions.delete(task);
      leastEpochs.delete(task);
    },

    async sync(request) {
      return await sessions.use(request.task, (session) => syncWorkspace(session, parts, request));
    },

    async fence(task, epoch) {
      leastEpochs.set(task, Math.max(epoch, leastEpochs.get(task) ?? 0));
      await (await sessions.peek(task))?.fence(epoch);
    },

    async probe() {
      return await Promise.all([probeGit(git), probeCommands(sandbox, { scratchDir: layout.throwaways })]);
    },

    requireSpace: () => space.require(),

    async resolvePath(task, written) {
      return await sessions.use(task, ({ workspace }) => resolveWorkspacePath(workspace.path, written));
    },

    async foreseeWrite(task, { toolName, args }) {
      return await sessions.use(task, ({ workspace }) => foreseeWrite(toolName, args, workspace.path));
    },

    runTests: (request) => evidence.runTests(request),
    runCommand: (request) => evidence.runCommand(request),
    overlayTree: (request) => evidence.overlayTree(request),
    readTree: (tree) => evidence.readTree(tree),
    readTexts: (wanted) => evidence.readTexts(wanted),

    async close() {
      await evidence.close();
      const opened = await Promise.allSettled(sessions.all());
      await Promise.all(opened.flatMap((session) => (session.status === "fulfilled" ? [session.value.close()] : [])));
      await sandbox.close();
      await spawner.close();
      await executors.close();
      await parts.workers.close();
      await parts.walkers.close();
    },
  };
}

/** As asked, but as early as may be where a task is past half of its bound. Then counts anew what each task keeps. */
async function collect(
  parts: WorkspaceParts,
  layers: { removeLayers(open: ReadonlySet<string>, usedBeforeMs: number): Promise<void> },
  request: CollectRequest,
): Promise<Collected> {
  const graceMs = Math.max(leastGraceMs, parts.versions.isPressed ? 0 : request.graceMs);
  const removed = await collectUnused(parts, { ...request, graceMs });
  parts.versions.settle(request.now - graceMs, await neededBytes(parts, request.open));
  await layers.removeLayers(new Set(request.open.keys()), request.now - leastGraceMs);
  return removed;
}

async function probeGit(git: Git): Promise<ProbeResult> {
  const attempt = "run git";
  try {
    const detail = await git.text({ args: ["--version"], timeoutMs: probeTimeoutMs });
    return { name: "git", attempt, held: true, detail };
  } catch (error) {
    return { name: "git", attempt, held: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** One value for each key, made once; a failure is forgotten, so that the next call tries again. */
function remember<Key, Value>(values: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const remembered = values.get(key);
  if (remembered !== undefined) return remembered;
  const made = make();
  values.set(key, made);
  made.catch(() => values.delete(key));
  return made;
}

function notAvailable(call: ToolCall) {
  const message = `tool \`${call.toolName}\` has no executor on this server`;
  return { status: "failed", code: "tool_not_available", message, result: null, durationMs: 0 } as const;
}
