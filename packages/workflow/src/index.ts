export type { CheckDefinition, CheckFinding, CheckInput, CheckOutcome } from "./checks/definition.ts";
export type {
  ChangeDenial,
  CompiledArtifact,
  CompiledCheck,
  CompiledFreeze,
  CompiledGate,
  CompiledPhase,
  CompiledTransition,
  CompiledWorkflow,
  Verdict,
} from "./model/compiled.ts";
export type { Diagnostic } from "./model/diagnostic.ts";
export type {
  NormalizedArtifact,
  NormalizedCheck,
  NormalizedGate,
  NormalizedPattern,
  NormalizedPhase,
  NormalizedTransition,
  NormalizedWorkflow,
  NormalizedWorkspace,
  StoredWorkflow,
} from "./model/normalized.ts";
export { faultOfCommitMessage } from "./tools/commit-message.ts";
export { drawnAlike } from "./drawn-alike.ts";
export type { ToolDefinition } from "./tools/definition.ts";
export { describedArguments } from "./tools/described-arguments.ts";
export {
  canonicalToolName,
  findTool,
  toolDefinitions,
  toolGroups,
  toolNames,
  toolOrUnavailable,
  validateToolArguments,
  type ToolGroup,
} from "./tools/registry.ts";
export { countPrincipals } from "./checks/approval.ts";
export { externalApprover } from "./checks/external.ts";
export { checkDefinitions, checkNames, findCheck, validateCheckParameters } from "./checks/registry.ts";
export { filesThatStopOthers, filesToRunWithout, treeOfBaseTests } from "./evidence/base-tests.ts";
export { codeLines } from "./evidence/code-lines.ts";
export { coverageTests, type TestSource } from "./evidence/coverage-tests.ts";
export { declaresExpectedFailure } from "./evidence/expected-failures.ts";
export { isUnexpectedPass, redIdentitiesOf } from "./evidence/red.ts";
export { treesToBeRedAgain } from "./evidence/red-again.ts";
export { failuresIn, mayHaveUnstableNames, problemOfRun, withUnstableFiles } from "./evidence/test-runs.ts";
export {
  evidenceNeeded,
  redTreePaths,
  textsForEvidence,
  textsForTree,
  type CommandNeeded,
  type EvidenceNeeded,
} from "./evidence/needed.ts";
export {
  evidenceWorkflow,
  type CoverageSettings,
  type EvidenceSettings,
  type TestSettings,
} from "./evidence/settings.ts";
export { compileSchema, describeErrors } from "./schema/compile-schema.ts";
export { countTextsCheaply } from "./schema/text-length.ts";
export { compileFreeze, type FreezeOptions } from "./policy/freeze.ts";
export { compileGlobs, isNormalizedPath, type PathMatcher } from "./policy/globs.ts";
export { compilePathPolicy, type PathPolicy, type PathPolicyOptions } from "./policy/paths.ts";
export { isPlainSnapshot, isSnapshotFile } from "./policy/plain-snapshot.ts";
export { compileProtected } from "./policy/protected.ts";
export { quote, quoteList } from "./policy/quote.ts";
export { describeFixed } from "./policy/who-may-change.ts";
export { type UnreadableCode, unreadableCode } from "./policy/unreadable-code.ts";
export { compileWorkflow } from "./compile/compile-workflow.ts";
export { workflowDigest } from "./digest.ts";
export { triggerActions, workflowFileSchema } from "./format/file-schema.ts";
export { newerKeys, olderKeys, type OlderKey, type OlderKeyFate } from "./format/older-keys.ts";
export { loadWorkflow, type LoadWorkflowOptions, type LoadWorkflowOutcome } from "./load-workflow.ts";
export { presetNames, presetText } from "./presets/bundled.ts";
export { expandedJson } from "./explain/expanded-json.ts";
export { expandedYaml } from "./explain/expanded-yaml.ts";
export {
  explainPhase,
  explanationText,
  type ExplainedCheck,
  type ExplainedExit,
  type PhaseExplanation,
} from "./explain/explain-phase.ts";
export { compileCommandPolicy, type CommandPolicy, type CommandPolicyOptions } from "./policy/commands/policy.ts";
