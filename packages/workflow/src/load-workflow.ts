import type { RuleReference } from "@phasegate/wire";
import { workflowDigest } from "./digest.ts";
import { workflowFileSchema } from "./format/file-schema.ts";
import { isOlderFile, warnOfKeysWithoutEffect } from "./format/older-keys.ts";
import { checkShape, type Shape } from "./format/shape.ts";
import type { Diagnostic } from "./model/diagnostic.ts";
import type { NormalizedWorkflow, StoredWorkflow } from "./model/normalized.ts";
import { checkInlineSchemas, mayRead } from "./normalize/artifacts.ts";
import type { NormalizeContext } from "./normalize/context.ts";
import { normalizeEnforcement } from "./normalize/enforcement.ts";
import { normalizeEvidence } from "./normalize/evidence.ts";
import { checkPathSets } from "./normalize/patterns.ts";
import { normalizePhases } from "./normalize/phases.ts";
import { placedList, type Places, putUnder, putWritten } from "./normalize/places.ts";
import { normalizeTransitions } from "./normalize/transitions.ts";
import { normalizeWorkspace } from "./normalize/workspace.ts";
import { warnOfWritableCommands } from "./normalize/writable-commands.ts";
import { mergeParents } from "./reading/extends.ts";
import { directoryOf, joinPath, relativeBelow } from "./reading/file-path.ts";
import { type Located, member, textOf } from "./reading/located.ts";
import { readYaml } from "./reading/read-yaml.ts";
import { Reporter } from "./reading/reporter.ts";

export interface LoadWorkflowOptions {
  /** Path of the workflow file; it is shown in every place, and other files are named in the same frame. */
  readonly file: string;
  readonly text: string;
  /**
   * Text of another file (`extends`, schemas) by its path in the frame of `file` (`dir/wf.yaml` asks for
   * `dir/schemas/plan.json`); null when there is none.
   */
  readonly resolve: (path: string) => string | null;
}

export type LoadWorkflowOutcome =
  | { readonly ok: true; readonly stored: StoredWorkflow; readonly warnings: readonly Diagnostic[] }
  /** Every error that was found, warnings after them. */
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Reads a workflow file to the form that a task pins, or says everything that is wrong with it. Pure, never throws;
 * what is unknown is an error.
 */
export function loadWorkflow({ file, text, resolve }: LoadWorkflowOptions): LoadWorkflowOutcome {
  const reporter = new Reporter();
  const read = readYaml(file, text, reporter);
  if (!read) return { ok: false, diagnostics: reporter.errors };
  checkShape(workflowFileSchema as Shape, read, reporter);
  if (read.kind !== "map") return { ok: false, diagnostics: reporter.errors };
  const filesRead = new Set<string>();
  const root = mergeParents(
    {
      file,
      reporter,
      resolve,
      filesRead,
      check: (node) => checkShape(workflowFileSchema as Shape, node, reporter),
      mayRead: (path) => mayRead({ file, root: read }, path),
    },
    file,
    read,
  );
  warnOfKeysWithoutEffect(root, reporter);
  const context: NormalizeContext = {
    file,
    root,
    reporter,
    older: isOlderFile(read),
    resolve,
    filesRead,
    schemas: new Map(),
  };
  const { normalized, places } = normalize(context);
  warnOfWritableCommands(context, normalized, places);
  const { errors, warnings } = reporter;
  if (errors.length > 0) return { ok: false, diagnostics: [...errors, ...warnings] };
  const positions: Record<string, RuleReference> = Object.fromEntries(places);
  return { ok: true, stored: { digest: workflowDigest(normalized), normalized, positions }, warnings };
}

function normalize(context: NormalizeContext): { normalized: NormalizedWorkflow; places: Places } {
  const { root } = context;
  const places: Places = new Map([["", root.place]]);
  checkPathSets(context);
  checkInlineSchemas(context);
  if (!member(root, "name") && !member(root, "extends")) {
    context.reporter.error(root.place, "missing-key", "`name` is missing");
  }
  const workspace = normalizeWorkspace(context);
  const enforcement = normalizeEnforcement(context);
  const phases = normalizePhases(context);
  const transitions = normalizeTransitions(context, phases);
  putUnder(places, "/workspace", workspace.places);
  putWritten(places, "/mode", member(member(root, "enforcement"), "mode"));
  putWritten(places, "/assurance", member(member(root, "enforcement"), "assurance"));
  putWritten(places, "/tokens", member(member(root, "enforcement"), "phase_tokens"));
  for (const key of ["name", "version", "description", "evidence", "coordination"]) {
    putWritten(places, `/${key}`, member(root, key));
  }
  const phaseList = placedList(
    phases.map(({ phase }) => phase),
    (member(root, "phases") ?? root).place,
  );
  putUnder(places, "/phases", phaseList.places);
  putUnder(places, "/transitions", transitions.places);
  const normalized: NormalizedWorkflow = {
    name: textOf(member(root, "name")) ?? "",
    version: versionOf(member(root, "version")),
    description: textOf(member(root, "description")),
    older: context.older,
    mode: enforcement.mode,
    assurance: enforcement.assurance,
    workspace: workspace.value,
    evidence: normalizeEvidence(context),
    phases: phaseList.value,
    transitions: transitions.value,
    protected: protectedPaths(context, workspace.value.repository),
    coordination: { leaseSeconds: enforcement.leaseSeconds },
    tokens: { expirySeconds: enforcement.tokenExpirySeconds },
  };
  return { normalized, places };
}

function versionOf(node: Located | undefined): string | null {
  if (node?.kind !== "scalar" || node.value === null) return null;
  return node.written ?? String(node.value);
}

/** The workflow file and everything that it was made of, as paths of the repository; escaped, so each is one file. */
function protectedPaths(context: NormalizeContext, repository: string): string[] {
  const root = joinPath(directoryOf(context.file), repository);
  const inside = [context.file, ...context.filesRead].flatMap((path) => {
    const relative = relativeBelow(root, path);
    return relative === null ? [] : [relative.replace(/[*?[\]{}()!+@|\\]/gu, "\\$&")];
  });
  return [...new Set(inside)].sort();
}
