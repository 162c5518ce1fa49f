import type {
  ApprovalFact,
  Digest,
  EvidenceFacts,
  Facts,
  JsonObject,
  JsonValue,
  PrincipalId,
  ReviewFact,
  TreeChange,
  TreeDigest,
  TreeFacts,
} from "@phasegate/wire";
import { compileWorkflow } from "../../compile/compile-workflow.ts";
import { loadWorkflow } from "../../load-workflow.ts";
import type { CompiledWorkflow } from "../../model/compiled.ts";
import type { CheckOutcome } from "../definition.ts";
import { findCheck } from "../registry.ts";

const file = `name: checks
paths: { tests: ["test/**"] }
phases:
  - { id: TDD, tools: [read, edit], write: [$tests], freeze: [$tests], artifacts: [test_results] }
  - { id: IMPL, tools: [read, edit], write: ["src/**"], artifacts: [implementation] }
`;

export const entryTree = digest("e");
const frozenTree = digest("f");
export const baseTree = digest("b") as TreeDigest;
/** The tree that is judged. */
export const currentTree = digest("a") as TreeDigest;

/** What a check is judged on in a test; everything left out was not gathered. */
export interface CheckCase {
  readonly phase?: "TDD" | "IMPL";
  readonly parameters?: JsonObject;
  readonly artifacts?: Readonly<Record<string, JsonValue>>;
  /** Paths in the tree; with it the tree was read. */
  readonly paths?: readonly string[];
  readonly changes?: readonly TreeChange[];
  readonly sinceFreeze?: readonly TreeChange[];
  /** The same as `changes` unless told. */
  readonly sinceBase?: readonly TreeChange[];
  readonly contents?: Readonly<Record<string, { before: string | null; after: string | null }>>;
  readonly unsupported?: TreeFacts["unsupported"];
  readonly selfReported?: boolean;
  readonly beside?: readonly string[];
  readonly evidence?: EvidenceFacts;
  readonly reviews?: readonly ReviewFact[];
  readonly approvals?: readonly ApprovalFact[];
  readonly authors?: readonly PrincipalId[];
  readonly contentOf?: Readonly<Record<string, string>>;
}

/** Judges a registered check in phase IMPL (or the given one) of a small real workflow. */
export function judge(name: string, given: CheckCase): CheckOutcome {
  const check = findCheck(name);
  if (!check) throw new Error(`no check ${name}`);
  return check.judge({
    workflow,
    phase: given.phase ?? "IMPL",
    parameters: given.parameters ?? {},
    facts: factsOf(given),
    entryTree,
    baseTree,
    freezes: given.sinceFreeze ? [{ phase: "TDD", tree: frozenTree, rule: "w.yaml:4:60" }] : [],
    selfReported: given.selfReported ?? false,
    beside: new Set(given.beside),
  });
}

export function changed(path: string, kind: TreeChange["kind"] = "modified"): TreeChange {
  const entry = { path, type: "file", permissions: 0o644, content: "00", size: 1 } as const;
  return {
    path,
    kind,
    before: kind === "added" ? null : entry,
    after: kind === "deleted" ? null : { ...entry, content: "11" },
  };
}

function factsOf(given: CheckCase): Facts {
  const { artifacts, paths, changes, sinceFreeze, contents = {}, unsupported = [], contentOf } = given;
  const { evidence, reviews, approvals, authors } = given;
  const sinceBase = given.sinceBase ?? changes;
  const differences: Record<string, TreeFacts["differences"][string]> = {};
  if (changes) differences[entryTree] = { from: entryTree, changes, contents };
  if (sinceBase) differences[baseTree] = { from: baseTree, changes: sinceBase, contents };
  if (sinceFreeze) differences[frozenTree] = { from: frozenTree, changes: sinceFreeze, contents };
  const wasRead = paths ?? changes ?? sinceFreeze ?? sinceBase;
  const tree: TreeFacts = {
    digest: currentTree,
    unsupported,
    litter: [],
    differences,
    paths: paths ?? [],
    ...(contentOf ? { contentOf } : {}),
  };
  return {
    ...(artifacts ? { artifacts } : {}),
    ...(wasRead ? { tree } : {}),
    ...(evidence ? { evidence } : {}),
    ...(reviews ? { reviews } : {}),
    ...(approvals ? { approvals } : {}),
    ...(authors ? { authors } : {}),
  };
}

function digest(digit: string): Digest {
  return `sha256:${digit.repeat(64)}` as Digest;
}

function compiled(): CompiledWorkflow {
  const outcome = loadWorkflow({ file: "w.yaml", text: file, resolve: () => null });
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ message }) => message).join("; "));
  return compileWorkflow(outcome.stored);
}

const workflow = compiled();
