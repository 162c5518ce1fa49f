import type { CompiledArtifact, CompiledPhase, CompiledTransition, Verdict } from "../model/compiled.ts";
import type { NormalizedPhase } from "../model/normalized.ts";
import { compileCommandPolicy } from "../policy/commands/policy.ts";
import { compileFreeze } from "../policy/freeze.ts";
import type { PathMatcher } from "../policy/globs.ts";
import { compilePathPolicy } from "../policy/paths.ts";
import { quote } from "../policy/quote.ts";
import type { WhoMayChange } from "../policy/who-may-change.ts";
import { canonicalToolName } from "../tools/registry.ts";
import type { PlaceOf } from "./places.ts";

export interface PhaseOptions {
  readonly phase: NormalizedPhase;
  readonly index: number;
  readonly isLast: boolean;
  /** By pointer into the phase. */
  readonly placeOf: PlaceOf;
  readonly isProtected: PathMatcher;
  readonly isScratch: PathMatcher;
  readonly whoMayChange: WhoMayChange;
  readonly exits: readonly CompiledTransition[];
  readonly artifacts: readonly CompiledArtifact[];
}

/** One phase as lookup tables and matchers; every denial names the rule that decided. */
export function compilePhase(options: PhaseOptions): CompiledPhase {
  const { phase, placeOf } = options;
  const paths = compilePathPolicy({
    phase: phase.id,
    write: phase.write,
    isProtected: options.isProtected,
    rules: {
      write: placeOf("/write"),
      forbidden: phase.write.forbidden.map((_, index) => placeOf(`/write/forbidden/${index}`)),
    },
    whoMayChange: options.whoMayChange,
  });
  const commands = compileCommandPolicy({
    phase: phase.id,
    allowed: phase.bash.allowedCommands,
    forbidden: phase.bash.forbiddenCommands,
    rules: {
      allowed: placeOf("/bash/allowedCommands"),
      forbidden: phase.bash.forbiddenCommands.map((_, index) => placeOf(`/bash/forbiddenCommands/${index}`)),
    },
  });
  const { freeze } = phase;
  return {
    id: phase.id,
    name: phase.name,
    index: options.index,
    isLast: options.isLast,
    rule: placeOf(""),
    allowedTools: phase.allowedTools,
    writePatterns: paths.patterns,
    mayWrite: paths.mayWrite,
    bash: { network: phase.bash.network, timeoutSeconds: phase.bash.timeoutSeconds },
    freeze: freeze
      ? compileFreeze({ phase: phase.id, ...freeze, rule: placeOf("/freeze"), whoMayChange: options.whoMayChange })
      : null,
    artifacts: options.artifacts,
    exits: options.exits,
    timeLimit:
      phase.timeoutSeconds === null ? null : { seconds: phase.timeoutSeconds, action: phase.onTimeout ?? "escalate" },
    reviewModels: reviewModelsOf(phase),
    judgeTool: compileTools(phase, placeOf),
    judgePath: (path) => orScratch(paths.judgePath(path), path, options, paths.mayWrite),
    fixedPlaces: (path) => options.whoMayChange.fixedPlaces(path, phase.id),
    judgeCommand: (command) => commands.judgeCommand(command),
    contentsNeeded: (changes) => paths.contentsNeeded(changes),
    judgeChanges: (changes, contents) => paths.judgeChanges(changes, contents),
  };
}

/** Of `auto_spawn`; one that names no model asks for the model `general`. */
function reviewModelsOf({ autoSpawn }: NormalizedPhase): readonly string[] {
  const models = autoSpawn
    .filter((spawn) => spawn["agent_type"] === "review")
    .flatMap(({ models: named }) => (Array.isArray(named) && named.length > 0 ? named.map(String) : ["general"]));
  return [...new Set(models)];
}

/**
 * Report and cache folders may be written by any tool, as commands may: they are in no tree. What a rule forbids in so
 * many words stays forbidden.
 */
function orScratch(verdict: Verdict, path: string, { placeOf, isScratch }: PhaseOptions, mayWrite: boolean): Verdict {
  if (verdict.allowed || !mayWrite || !isScratch(path)) return verdict;
  const isUnlisted = verdict.reason.code === "path_not_allowed" && verdict.reason.rule === placeOf("/write");
  return isUnlisted ? { allowed: true } : verdict;
}

/** Deny by default; forbidden wins. The message's first sentence is what older agents look for. */
function compileTools(phase: NormalizedPhase, placeOf: PlaceOf): (toolName: string) => Verdict {
  const allowed = new Set(phase.allowedTools);
  const forbiddenAt = new Map(phase.forbiddenTools.map((name, index) => [name, placeOf(`/forbiddenTools/${index}`)]));
  const list = phase.allowedTools.join(", ");
  const unlistedAt = placeOf("/allowedTools");
  return (toolName) => {
    const name = canonicalToolName(toolName);
    if (allowed.has(name) && !forbiddenAt.has(name)) return { allowed: true };
    return {
      allowed: false,
      reason: {
        code: "tool_not_allowed",
        message: `Tool '${shown(toolName)}' not allowed in phase '${phase.id}'. Allowed tools: ${list}`,
        rule: forbiddenAt.get(name) ?? unlistedAt,
        hint:
          allowed.size === 0 ? "no tool may be used here" : `use one of ${quote(list, 1000)}, or ask for a transition`,
      },
    };
  };
}

function shown(toolName: string): string {
  return quote(toolName, 100).replace(/^`|`$/gu, "");
}
