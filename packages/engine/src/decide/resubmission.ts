import type { Digest, Finding } from "@phasegate/wire";
import type { CompiledArtifact, CompiledPhase, CompiledTransition, CompiledWorkflow } from "@phasegate/workflow";
import type { ArtifactState, TaskState } from "../task-state.ts";
import { misfitMessage } from "./artifacts.ts";
import { combine, type Judgement, nothingFound, type Objection, objection } from "./judgement.ts";
import type { Situation } from "./situation.ts";

/** An artifact that an earlier phase declares, sent with other content from a phase that does not. */
interface Resubmission {
  readonly type: string;
  readonly digest: Digest;
  readonly kept: ArtifactState;
  readonly phase: CompiledPhase;
  readonly artifact: CompiledArtifact;
}

/** What is kept of the artifacts that were sent, and what stands against the rest. */
export interface Submission {
  readonly kept: readonly {
    readonly type: string;
    readonly digest: Digest;
    readonly replaces: ArtifactState["replaced"];
  }[];
  readonly judgement: Judgement;
}

/** Most misfits that one artifact's answer names. */
const maxMisfits = 20;

/**
 * What was approved changes only in the phase that it belongs to. Sent from another one, equal content is kept, other
 * content is refused when the kept one was approved or the new one does not fit its schema, and marked otherwise. On a
 * way back nothing is held up: what is refused is left out with a warning.
 */
export function judgeSubmission(
  situation: Situation,
  submitted: Readonly<Record<string, Digest>>,
  kind: CompiledTransition["kind"],
): Submission {
  const others = new Map(resubmissions(situation, submitted).map((one) => [one.type, one]));
  const kept: Submission["kept"][number][] = [];
  const refused: Objection[] = [];
  for (const [type, digest] of Object.entries(submitted)) {
    const other = others.get(type);
    const objections = other ? judgeOther(situation, other, kind) : [];
    refused.push(...objections);
    if (objections.length > 0) continue;
    const known = situation.task.artifacts[type];
    const isOwn = situation.phase.artifacts.some((artifact) => artifact.type === type);
    const origin = other ? originOf(other) : known?.digest === digest && !isOwn ? known.replaced : null;
    kept.push({ type, digest, replaces: origin?.digest === digest ? null : origin });
  }
  return { kept, judgement: { ...nothingFound, objections: refused } };
}

/** Types that the request may not replace, since somebody approved what is kept of them. */
export function approvedArtifacts(
  task: TaskState,
  workflow: CompiledWorkflow,
  submitted: Readonly<Record<string, Digest>>,
): readonly string[] {
  const phase = workflow.phases.get(task.phase);
  if (!phase) return [];
  return resubmissions({ task, phase, workflow }, submitted).flatMap(({ type, kept }) => (kept.approved ? [type] : []));
}

/** One warning an artifact that was replaced from outside its phase and that nobody has approved since. */
export function replacedArtifacts({ artifacts }: Pick<TaskState, "artifacts">): readonly Finding[] {
  return judgeReplaced(artifacts).objections.map(({ finding }) => finding);
}

/** As `replacedArtifacts`, for a decision. */
export function judgeReplaced(
  artifacts: Readonly<Record<string, Pick<ArtifactState, "digest" | "phase" | "approved" | "replaced">>>,
): Judgement {
  return combine(
    Object.entries(artifacts).flatMap(([type, { digest, phase, approved, replaced }]) =>
      replaced && !approved ? [{ ...nothingFound, objections: [replacement(type, { digest, phase, replaced })] }] : [],
    ),
  );
}

function replacement(
  type: string,
  after: { readonly digest: Digest; readonly phase: string; readonly replaced: NonNullable<ArtifactState["replaced"]> },
): Objection {
  const { digest, phase, replaced } = after;
  return objection({
    check: "artifact_replaced",
    source: "artifact",
    severity: "warning",
    reason: {
      code: "artifact_invalid",
      message: `the artifact \`${type}\` of phase \`${replaced.phase}\` was replaced in phase \`${phase}\`: \`${replaced.digest}\` before, \`${digest}\` now`,
    },
  });
}

function resubmissions(
  { task, phase, workflow }: Pick<Situation, "task" | "phase" | "workflow">,
  submitted: Readonly<Record<string, Digest>>,
): readonly Resubmission[] {
  return Object.entries(submitted).flatMap(([type, digest]) => {
    const kept = task.artifacts[type];
    if (!kept || kept.digest === digest || phase.artifacts.some((artifact) => artifact.type === type)) return [];
    const declared = [...workflow.phases.values()].flatMap((one) => {
      const artifact = one.index < phase.index ? one.artifacts.find((each) => each.type === type) : undefined;
      return artifact ? [{ phase: one, artifact }] : [];
    });
    const last = declared.at(-1);
    return last ? [{ type, digest, kept, ...last }] : [];
  });
}

function originOf({ kept, phase }: Resubmission): NonNullable<ArtifactState["replaced"]> {
  return kept.replaced ?? { digest: kept.digest, phase: phase.id };
}

function judgeOther(situation: Situation, other: Resubmission, kind: CompiledTransition["kind"]): readonly Objection[] {
  const { type, kept, phase, artifact } = other;
  const severity = kind === "rework" ? "warning" : "blocking";
  const hint = `leave \`${type}\` out or send it as it was; ${wayBack(situation, phase.id)}`;
  if (kept.approved) {
    const { gate, by } = kept.approved;
    const message = `\`${kept.digest}\` of the artifact \`${type}\` was approved at gate \`${gate}\` by ${by.map((one) => `\`${one}\``).join(", ")}: other content is not kept`;
    return [
      objection({
        check: "artifact_approved",
        source: "artifact",
        severity,
        reason: { code: "artifact_invalid", message, rule: artifact.rule, hint },
      }),
    ];
  }
  const { artifacts } = situation.facts;
  const body = artifacts && Object.hasOwn(artifacts, type) ? artifacts[type] : undefined;
  const misfits = body === undefined ? [{ place: "", message: "its content is not known" }] : artifact.validate(body);
  return misfits.slice(0, maxMisfits).map((misfit) =>
    objection({
      check: "artifact_invalid",
      source: "artifact",
      severity,
      reason: {
        code: "artifact_invalid",
        message: misfitMessage(type, misfit),
        rule: artifact.rule,
        hint,
      },
    }),
  );
}

function wayBack({ phase }: Situation, to: string): string {
  const isNear = phase.exits.some((exit) => exit.kind === "rework" && exit.to === to);
  if (isNear) return `to change it, go back with a transition to \`${to}\` and submit it there`;
  return `it changes in phase \`${to}\` alone, and from \`${phase.id}\` no rework leads there`;
}
