import type { ApprovalAnswer, JsonObject } from "@phasegate/wire";
import { withAllPaths } from "../client/changed-paths.ts";
import type { HttpClient } from "../client/http-client.ts";
import { withServer } from "../client/connect.ts";
import type { CommandLine, ServerOptions } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printDifference } from "../output/difference.ts";
import { printFields, printJson } from "../output/table.ts";
import { printWarnings } from "../output/warnings.ts";

export interface AnswerOptions extends ServerOptions {
  readonly digest?: string;
  readonly comment?: string;
}

type Failures = NonNullable<ApprovalAnswer["failures"]>[number];
type EarlierDenial = NonNullable<ApprovalAnswer["earlier_denials"]>[number];

/**
 * Grants or denies exactly one digest: the one of `--digest`, else the one that is shown now. Without `--digest` a
 * grant is asked for after what is approved was shown; where nobody can be asked, nothing is granted.
 */
export async function answerApproval(
  { io }: CommandLine,
  verb: "grant" | "deny",
  id: string,
  options: AnswerOptions,
): Promise<void> {
  await withServer(io, options, async (client) => {
    const path = `/approvals/${encodeURIComponent(id)}`;
    const digest =
      options.digest ?? (await digestShown(io, client, await client.get<ApprovalAnswer>(path), { verb, options }));
    const comment = options.comment === undefined ? {} : { comment: options.comment };
    const answered = await client.post<ApprovalAnswer>(`${path}/${verb}`, { digest, ...comment });
    if (options.json) return printJson(io, answered);
    const missing = answered.waits_for ? `, still waits for ${printable(answered.waits_for)}` : "";
    io.out(`${answered.id} ${answered.status}${missing}; task ${answered.task_id} is ${answered.task_status ?? "-"}`);
  });
}

async function digestShown(
  io: Io,
  client: HttpClient,
  seen: ApprovalAnswer,
  { verb, options }: { readonly verb: "grant" | "deny"; readonly options: AnswerOptions },
): Promise<string> {
  if (!options.json) printApproval(io, await withAllPaths(client, seen));
  if (seen.status !== "requested") {
    throw new CommandFailure(exitCodes.refused, `nothing is asked: ${standing(seen)}`, {
      hint: `\`phasegate approvals\` lists what waits, \`phasegate task show ${seen.task_id}\` says what became of it`,
    });
  }
  if (verb === "deny") return seen.digest;
  if (!io.isInteractive || options.json) {
    throw new CommandFailure(exitCodes.usage, "nobody can be asked here whether this is to be approved", {
      hint: `look at it, then name what you saw: \`phasegate approve ${seen.id} --digest ${seen.digest}\``,
    });
  }
  if (!(await agrees())) {
    throw new CommandFailure(exitCodes.refused, "nothing was approved", {
      hint: "`phasegate deny` says no, with a comment for the agent",
    });
  }
  return seen.digest;
}

/** All that the digest stands for: artifacts, evidence, the difference. */
function printApproval(io: Io, seen: ApprovalAnswer): void {
  printFields(io, [
    ["approval", seen.id],
    ["task", `${seen.task_id} ${seen.task_title ?? ""}`],
    ["gate", `${seen.gate}, entry ${seen.entry}`],
    ["digest", seen.digest],
    ["status", standing(seen)],
    ["waits for", seen.waits_for ?? "-"],
    ...(seen.granted_by.length === 0 ? [] : [["granted by", seen.granted_by] as const]),
    ["expires", seen.expires_at],
    ["evidence", seen.evidence.map(evidenceText)],
  ]);
  for (const denial of seen.earlier_denials ?? []) io.out(styled(io, "bold", denialText(denial)));
  for (const failed of seen.failures ?? []) io.out(styled(io, "bold", failuresText(failed)));
  printWarnings(io, seen.findings ?? [], seen.findings_total ?? 0);
  for (const [type, body] of Object.entries(seen.artifacts)) {
    io.out("");
    io.out(styled(io, "bold", printable(type)));
    const sent = seen.artifact_sources?.[type];
    if (sent) io.out(sourceText(sent));
    for (const line of JSON.stringify(body, null, 2).split("\n")) io.out(printable(line));
  }
  io.out("");
  printDifference(io, "base", seen);
}

function standing({ status, task_status: task }: ApprovalAnswer): string {
  return `the approval is ${status}, its task ${printable(task ?? "unknown")}`;
}

function denialText({ name, by, at, entry, comment, same_digest: isSame }: EarlierDenial): string {
  const what = isSame ? "exactly this" : "another state of the work";
  return `denied before: ${what}, by ${printable(name ?? by)} at ${at}, entry ${entry}: ${printable(comment)}`;
}

function failuresText({ failed, failed_total: total, entry, phase, recorded_at: at }: Failures): string {
  const names = total === null ? "tests whose names are no longer kept" : failed.join(", ");
  const more = total !== null && total > failed.length ? ` and ${total - failed.length} more` : "";
  return printable(`failed on this tree: ${names}${more}, in ${phase}, entry ${entry}, ${at}`);
}

/** An artifact is its author's word; one that took the place of another phase's says so. */
function sourceText(sent: NonNullable<ApprovalAnswer["artifact_sources"]>[string]): string {
  const { submitted_by: by, name, phase, replaces } = sent;
  const words = `the author's own words, sent by ${name ?? by} in ${phase}`;
  if (!replaces) return printable(words);
  return printable(`${words}; takes the place of ${replaces.digest} of ${replaces.phase}, which nobody approved`);
}

/** What ran and what it reported; its output and failures are in `--json`. */
function evidenceText(evidence: JsonObject): string {
  const { purpose, status, passed, failed, skipped, flaky, canary, command, problem } = evidence;
  const flakyTests = Array.isArray(flaky) ? flaky.length : 0;
  const counts =
    typeof passed === "number"
      ? `${passed} passed, ${Number(failed)} failed, ${Number(skipped ?? 0)} skipped, ${flakyTests} flaky: `
      : "";
  const coverage = evidence["coverage_percent"];
  const changed = evidence["dependency_change"];
  const parts = [
    `${JSON.stringify(purpose)} ${JSON.stringify(status)}, ${counts}${JSON.stringify(command ?? null)}`,
    ...(typeof coverage === "number" ? [`coverage ${coverage} per cent`] : []),
    ...(canary === undefined ? [] : [`tests that must fail: ${JSON.stringify(canary)}`]),
    ...(Array.isArray(changed) && changed.length > 0
      ? [`dependencies changed: ${changed.map(String).join(", ")}`]
      : []),
    ...(problem === undefined ? [] : [`problem: ${JSON.stringify(problem)}`]),
  ];
  return printable(parts.join("; "));
}

async function agrees(): Promise<boolean> {
  const { confirm } = await import("@clack/prompts");
  return (await confirm({ message: "Approve exactly this?", initialValue: false, output: process.stderr })) === true;
}
