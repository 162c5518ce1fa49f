import type { Digest, TestRun } from "@phasegate/wire";
import { LRUCache } from "lru-cache";
import { isReusable } from "./kept-run.ts";

/** What makes two runs of this process the same: sandbox, environment and setup do not change while it lives. */
export interface RunPlace {
  readonly workflow: Digest;
  readonly baseTree: Digest;
  readonly tree: Digest;
}

/**
 * Runs of this process. A pass stands for every later run of the same workflow on the same tree, whichever task asks;
 * any run can be found again by the digest of its kept body.
 */
export class RunCache {
  readonly #passes = new LRUCache<string, TestRun>({ max: 64 });
  readonly #byResult = new LRUCache<Digest, TestRun>({ max: 64 });

  /** Remembers a run under its place if it is a pass, and under its kept body in any case. */
  remember(place: RunPlace, result: Digest, run: TestRun): void {
    this.#byResult.set(result, run);
    if (isReusable(run)) this.#passes.set(placeKey(place), run);
  }

  passAt(place: RunPlace): TestRun | null {
    return this.#passes.get(placeKey(place)) ?? null;
  }

  byResult(result: Digest): TestRun | null {
    return this.#byResult.get(result) ?? null;
  }
}

function placeKey({ workflow, baseTree, tree }: RunPlace): string {
  return `${workflow} ${baseTree} ${tree}`;
}
