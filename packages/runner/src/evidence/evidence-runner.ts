import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import {
  digestJson,
  PhasegateError,
  type Digest,
  type TestRun,
  type TreeDigest,
  type TreeEntry,
} from "@phasegate/wire";
import type { CommandRunRequest, EvidenceRunner, TestRunRequest, WorkspaceKey } from "../port.ts";
import { readAllowedHost } from "../egress/destinations.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { ContentStore } from "../tree/content-store.ts";
import { manifestOf, type Manifest } from "../tree/manifest.ts";
import type { ManifestStore } from "../tree/manifest-store.ts";
import type { TreeWorkers } from "../tree/tree-workers.ts";
import { openCheckout, type Checkout } from "./checkout.ts";
import { LayerStore, type HeldLayer } from "./layer-store.ts";
import { layOver } from "./lay-over.ts";
import { limitNote, outputTail } from "./output-tail.ts";
import { RunSlots, type SlotUse } from "./run-slots.ts";
import { runtimeDigest } from "./runtime.ts";
import { planSetup, SetupLayers } from "./setup-layers.ts";
import { runSettings } from "./run-settings.ts";
import { isWorthCanary, runCanary, type CanaryBase } from "./canary-run.ts";
import { runTestCommand, type TestCommandRequest } from "./test-run.ts";
import { removeDirectory } from "../tree/remove-directory.ts";
import { textOfBytes } from "../workspace/observation.ts";

export interface EvidenceRunnerParts {
  readonly sandbox: Sandbox;
  readonly workers: TreeWorkers;
  readonly contents: ContentStore;
  readonly manifests: ManifestStore;
  /** Below the data directory; emptied at each start. */
  readonly scratch: string;
  /** Below the data directory, on the same file system; outlives a start. */
  readonly layers: string;
  /** Disk that all setup layers may take. */
  readonly maxLayerBytes: number;
  readonly maxConcurrentRuns: number;
  /** `host` or `host:port`, which setup may reach although their addresses are private. */
  readonly setupHosts: readonly string[];
  /** Hears of each change of the places for runs. */
  readonly onSlots?: (slots: SlotUse) => void;
  /** Files of the base that are in every checkout and in no tree, since they lie in scratch folders. */
  scratchEntries(task: WorkspaceKey): Promise<readonly TreeEntry[]>;
}

/** Two of a task's own: the one in use, and the one before it. */
const layerCounts = { maxLayers: 32, maxOwned: 2 };

/** Largest file whose comments are told from its code. */
const maxTextBytes = 1024 * 1024;

function textIn(tree: Manifest, contents: ContentStore, file: string): string | null {
  const entry = tree.entries.get(file);
  return entry?.type === "file" && entry.size <= maxTextBytes
    ? contents.readSync(entry.content).toString("utf8")
    : null;
}

/** Setup layers of tasks that are not `open`, and that nobody used since, can be removed. */
interface KeepsLayers {
  removeLayers(open: ReadonlySet<string>, usedBeforeMs: number): Promise<void>;
}

/** Evidence runs over the trees that a runner keeps. */
export async function openEvidenceRunner(
  parts: EvidenceRunnerParts,
): Promise<EvidenceRunner & KeepsLayers & { close(): Promise<void> }> {
  const scratch = path.join(parts.scratch, `runs-${randomUUID()}`);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const store = await LayerStore.open(parts.layers, { ...layerCounts, maxBytes: parts.maxLayerBytes });
  const now = () => new Date();
  const { sandbox, workers } = parts;
  const allowedHosts = parts.setupHosts.map(readAllowedHost);
  const layers = new SetupLayers({ sandbox, workers, store, scratch, allowedHosts, now });
  const slots = new RunSlots(parts.maxConcurrentRuns, parts.onSlots);
  let runtime: Promise<Digest> | null = null;
  const runtimeOnce = (): Promise<Digest> => {
    runtime ??= runtimeDigest(parts.sandbox, scratch).catch((error: unknown) => {
      runtime = null;
      throw error;
    });
    return runtime;
  };

  async function prepare(request: TestRunRequest | CommandRunRequest, signal: AbortSignal): Promise<Prepared> {
    const { task } = request;
    const [base, tree] = [await parts.manifests.get(request.baseTree), await parts.manifests.get(request.tree)];
    const { setup } = task.workflow.normalized.workspace;
    const machine = await runtimeOnce();
    const plan =
      setup === null
        ? null
        : planSetup({ taskId: task.taskId, repository: task.repository, setup, base, tree, runtime: machine });
    const changed = changedPaths(base, tree);
    const about = {
      tree,
      changed,
      machine,
      setupKey: plan?.key ?? null,
      dependencyChange: plan?.dependencyChange ?? [],
    };
    const made = plan === null || setup === null ? null : await layers.get(plan, setup.command, signal);
    if (made !== null && !made.made) return { ...about, failure: made.output };
    const layer = made?.layer ?? null;
    try {
      const checkout = await checkoutOf(task, tree);
      return { ...about, failure: null, checkout, layer };
    } catch (error) {
      layer?.[Symbol.dispose]();
      throw error;
    }
  }

  async function checkoutOf(task: WorkspaceKey, tree: Manifest): Promise<Checkout> {
    const besides = (await parts.scratchEntries(task)).filter((entry) => !tree.entries.has(entry.path));
    const entries = [...besides, ...tree.entries.values()];
    return await openCheckout({ workers: parts.workers, directory: scratch }, entries);
  }

  async function baseOf({ task, baseTree }: TestRunRequest): Promise<CanaryBase> {
    const tree = await parts.manifests.get(baseTree);
    return { files: [...tree.entries.keys()], open: () => checkoutOf(task, tree) };
  }

  return {
    runTests: (request) =>
      slots.use(request.owner ?? request.task.taskId, request.signal, async (signal): Promise<TestRun> => {
        request.onStart?.();
        const ofWorkflow = runSettings(request.task.workflow);
        const settings = { ...ofWorkflow, retries: request.retries ?? ofWorkflow.retries };
        const startedAt = performance.now();
        const prepared = await prepare(request, signal);
        const about = {
          evidenceId: request.evidenceId,
          tree: request.tree,
          key: digestJson({
            ...settings,
            selection: request.selection ?? null,
            setup: prepared.setupKey,
            runtime: prepared.machine,
            limits: { ...parts.sandbox.limits },
            workflow: request.task.workflow.digest,
          }),
          dependencyChange: prepared.dependencyChange,
        };
        const duration = () => Math.round(performance.now() - startedAt);
        if (prepared.failure !== null) {
          const facts = nothingRun(settings.command, prepared.failure);
          return { ...about, ...facts, durationMs: duration() };
        }
        await using checkout = prepared.checkout;
        using layer = prepared.layer;
        const command: TestCommandRequest = {
          sandbox: parts.sandbox,
          scratch,
          settings,
          selection: request.selection ?? null,
          workspacePath: checkout.path,
          lowerLayers: layer === null ? [] : [layer.path],
          files: [...prepared.tree.entries.keys()],
          changed: prepared.changed,
          workflow: request.task.workflow,
          textOf: (file) => textIn(prepared.tree, parts.contents, file),
          signal,
        };
        const facts = await runTestCommand(command);
        const isWanted = request.canary === "if_passed" ? isPass(facts) : request.canary === "if_reported";
        if (!isWanted || !isWorthCanary(facts)) return { ...about, ...facts, durationMs: duration() };
        const base = prepared.dependencyChange.length > 0 ? null : await baseOf(request);
        const canary = await runCanary({ ...command, cases: facts.cases, base });
        return { ...about, ...facts, canary, durationMs: duration() };
      }),

    runCommand: (request) =>
      slots.use(request.owner ?? request.task.taskId, request.signal, async (signal) => {
        request.onStart?.();
        const prepared = await prepare(request, signal);
        if (prepared.failure !== null) {
          throw new PhasegateError("workspace_unavailable", "the workflow's setup command failed", {
            hint: prepared.failure.slice(-500),
          });
        }
        await using checkout = prepared.checkout;
        using layer = prepared.layer;
        const result = await parts.sandbox.run({
          argv: ["bash", "-c", "--", request.command],
          workspacePath: checkout.path,
          on: "throwaway",
          lowerLayers: layer === null ? [] : [layer.path],
          cwd: "",
          readOnlyMounts: [],
          network: "none",
          timeoutMs: request.timeoutSeconds * 1000,
          limits: { ...parts.sandbox.limits, outputBytes: 64 * 1024 },
          signal,
        });
        const timedOut = result.ended === "timed_out" || result.ended === "over_limit";
        return { exitCode: result.exitCode, output: outputTail(result, limitNote(result, parts.sandbox)), timedOut };
      }),

    async overlayTree({ base, from, include, without = new Set() }): Promise<TreeDigest> {
      const [below, above] = [await parts.manifests.get(base), await parts.manifests.get(from)];
      const kept = [...below.entries.values()].filter(({ path }) => !include(path) && !without.has(path));
      const laid = [...above.entries.values()].filter(({ path }) => include(path) && !without.has(path));
      const composed = manifestOf(layOver(kept, laid));
      await parts.manifests.put(composed, below);
      return composed.digest;
    },

    async readTree(tree) {
      return [...(await parts.manifests.get(tree)).entries.values()];
    },

    async readTexts(wanted) {
      const texts: [string, string][] = [];
      for (const content of new Set(wanted)) {
        const size = await sizeOf(parts.contents.pathOf(content));
        if (size === null || size > maxReadBytes || !parts.contents.has(content)) continue;
        const text = textOfBytes(parts.contents.readSync(content));
        if (text !== null) texts.push([content, text]);
      }
      return Object.fromEntries(texts);
    },

    removeLayers: (open, usedBeforeMs) => store.removeOthers(open, usedBeforeMs),

    async close() {
      await slots.close();
      await removeDirectory(scratch);
    },
  };
}

/** Of a text that is read by its content. */
const maxReadBytes = 256 * 1024;

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null;
  }
}

type Prepared = {
  readonly tree: Manifest;
  readonly changed: ReadonlyMap<string, boolean>;
  readonly machine: Digest;
  readonly setupKey: Digest | null;
  readonly dependencyChange: readonly string[];
} & (
  | { readonly failure: string }
  | { readonly failure: null; readonly checkout: Checkout; readonly layer: HeldLayer | null }
);

/** By path, whether the base does not have it at all. */
function changedPaths(base: Manifest, tree: Manifest): ReadonlyMap<string, boolean> {
  const isSame = (entry: TreeEntry) => base.entries.get(entry.path)?.content === entry.content;
  const changed = [...tree.entries.values()].filter((entry) => !isSame(entry));
  return new Map(changed.map(({ path }) => [path, !base.entries.has(path)]));
}

function isPass(run: Pick<TestRun, "exitCode" | "cases">): boolean {
  return run.exitCode === 0 && run.cases.every(({ outcome }) => outcome !== "failed");
}

function nothingRun(command: string, output: string) {
  return {
    command,
    status: "setup_failed",
    exitCode: null,
    cases: [],
    unloadedFiles: [],
    flaky: [],
    stoppedEarly: false,
    coverage: null,
    output,
  } as const;
}
