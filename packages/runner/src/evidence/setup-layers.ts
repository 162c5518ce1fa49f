import { randomUUID } from "node:crypto";
import path from "node:path";
import { compareTreePaths, digestJson, type Digest, type TaskId, type TreeEntry } from "@phasegate/wire";
import { compileGlobs, type NormalizedWorkspace } from "@phasegate/workflow";
import type { AllowedHost } from "../egress/destinations.ts";
import { EgressThread } from "../egress/egress-thread.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { diffManifests, type Manifest } from "../tree/manifest.ts";
import type { TreeWorkers } from "../tree/tree-workers.ts";
import { openCheckout } from "./checkout.ts";
import type { HeldLayer, LayerStore } from "./layer-store.ts";
import { layOver } from "./lay-over.ts";
import { limitNote, outputTail } from "./output-tail.ts";
import { withoutUsage } from "./without-usage.ts";
import { setupTimeoutMs } from "./setup-limit.ts";
import { removeDirectory } from "../tree/remove-directory.ts";

/** Archives of dependencies are larger than what a command of an agent writes. */
const setupFileBytes = 4 * 1024 ** 3;

export interface SetupRequest {
  readonly taskId: TaskId;
  readonly repository: string;
  readonly setup: NonNullable<NormalizedWorkspace["setup"]>;
  readonly base: Manifest;
  readonly tree: Manifest;
  /** What of the machine decides what setup makes. */
  readonly runtime: Digest;
  readonly signal: AbortSignal;
}

/** What setup of one tree comes to, before it is made. */
export interface SetupPlan {
  readonly key: Digest;
  /** Inputs that differ from the base. The layer is then this task's own. */
  readonly dependencyChange: readonly string[];
  /** Whose own the layer is; null: of all tasks with these inputs. */
  readonly owner: TaskId | null;
  readonly entries: readonly TreeEntry[];
}

export type SetupOutcome =
  { readonly made: true; readonly layer: HeldLayer } | { readonly made: false; readonly output: string };

export interface SetupLayerParts {
  readonly sandbox: Sandbox;
  readonly workers: TreeWorkers;
  readonly store: LayerStore;
  /** On the file system of the store. */
  readonly scratch: string;
  /** Hosts that setup may reach although their addresses are private. */
  readonly allowedHosts: readonly AllowedHost[];
  readonly now: () => Date;
}

type Making = { readonly controller: AbortController; readonly made: Promise<string | null>; waiting: number };

export function planSetup(request: Omit<SetupRequest, "signal">): SetupPlan {
  const isInput = compileGlobs(request.setup.inputs);
  const inputs = [...request.tree.entries.values()].filter((entry) => isInput(entry.path));
  const changed = diffManifests(request.base, request.tree).filter((change) => isInput(change.path));
  const owner = changed.length === 0 ? null : request.taskId;
  const key = digestJson({
    command: request.setup.command,
    repository: request.repository,
    runtime: request.runtime,
    // What was made before there was one may hold what only the machine could reach.
    network: "proxy",
    task: owner,
    inputs: inputs
      .toSorted((left, right) => compareTreePaths(left.path, right.path))
      .map(({ path, type, permissions, content }) => [path, type, permissions, content]),
  });
  const others = [...request.base.entries.values()].filter((entry) => !isInput(entry.path));
  return { key, dependencyChange: changed.map((change) => change.path), owner, entries: layOver(others, inputs) };
}

/**
 * What `workspace.setup` makes of a checkout of the base, kept by all that decides it: command, platform, runtimes
 * and the content of its inputs. Whoever asks for one that is being made waits for it; one that failed is not kept.
 */
export class SetupLayers {
  readonly #parts: SetupLayerParts;
  readonly #making = new Map<Digest, Making>();

  constructor(parts: SetupLayerParts) {
    this.#parts = parts;
  }

  async get(plan: SetupPlan, command: string, signal: AbortSignal): Promise<SetupOutcome> {
    const { store, now } = this.#parts;
    const kept = await store.hold(plan.key, now());
    if (kept !== null) return { made: true, layer: kept };
    const output = await this.#share(plan, command, signal);
    if (output !== null) return { made: false, output };
    const layer = await store.hold(plan.key, now());
    if (layer !== null) return { made: true, layer };
    return { made: false, output: "the setup layer was evicted before it could be used" };
  }

  /** Null when the layer is kept, else what the command printed. Ends when nobody waits for it any more. */
  async #share(plan: SetupPlan, command: string, signal: AbortSignal): Promise<string | null> {
    let making = this.#making.get(plan.key);
    while (making?.controller.signal.aborted === true) {
      // All who waited for it have gone; it ends now, and is made again.
      await making.made.catch(() => null);
      making = this.#making.get(plan.key);
    }
    if (making === undefined) {
      const controller = new AbortController();
      const made = this.#make(plan, command, controller.signal).finally(() => this.#making.delete(plan.key));
      making = { controller, made, waiting: 0 };
      this.#making.set(plan.key, making);
    }
    const shared = making;
    shared.waiting += 1;
    const leave = (): void => {
      shared.waiting -= 1;
      if (shared.waiting === 0) shared.controller.abort();
    };
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    try {
      return await shared.made;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  async #make(plan: SetupPlan, command: string, signal: AbortSignal): Promise<string | null> {
    const { sandbox, workers, store, scratch, allowedHosts } = this.#parts;
    await using checkout = await openCheckout({ workers, directory: scratch }, plan.entries);
    const isConfined = sandbox.workspacePathSeen(checkout.path) !== checkout.path;
    const directory = path.join(scratch, `egress-${randomUUID()}`);
    await using egress = isConfined ? await EgressThread.open({ directory, allowed: allowedHosts }) : null;
    const result = await sandbox.run({
      argv: ["bash", "-c", command],
      workspacePath: checkout.path,
      on: "workspace",
      cwd: "",
      readOnlyMounts: [],
      network: egress === null ? "full" : { proxy: egress.socketPath },
      timeoutMs: setupTimeoutMs,
      limits: {
        ...sandbox.limits,
        outputBytes: 64 * 1024,
        fileBytes: Math.max(sandbox.limits.fileBytes, setupFileBytes),
      },
      signal,
    });
    if (result.ended !== "exited" || result.exitCode !== 0) {
      const ended = result.ended === "exited" ? `exit code ${String(result.exitCode)}` : result.ended;
      const refusals = egress === null ? [] : await egress.refusals();
      const said = refusals.map((refusal) => `; ${refusal}`);
      const stderr = { ...result.stderr, text: withoutUsage(result.stderr.text) };
      return outputTail(
        { stdout: result.stdout, stderr },
        limitNote(result, sandbox) ?? `setup: ${ended}${said.join("")}`,
      );
    }
    // Only what setup made: a file of the base would come back in a tree that has deleted it.
    const wanted = plan.entries.map((entry) => ({ path: entry.path, entry: null }));
    await workers.restore({ root: checkout.path, wanted, unsupported: [] });
    await removeDirectory(path.join(checkout.path, ".git"));
    await workers.clearSpecialBits({ root: checkout.path, keep: [] });
    await store.keep(plan.key, checkout.path, plan.owner);
    return null;
  }
}
