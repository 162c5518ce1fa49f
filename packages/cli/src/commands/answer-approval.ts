import type { ApprovalAnswer, JsonObject } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import type { CommandLine, ServerOptions } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "../output/colour.ts";
import { printFields, printJson } from "../output/table.ts";

export interface AnswerOptions extends ServerOptions {
  readonly digest?: string;
  readonly comment?: string;
}

/** Most files without a shown difference that are named; the rest is counted. */
const maxNamed = 40;

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
    const digest = options.digest ?? (await digestShown(io, await client.get<ApprovalAnswer>(path), verb, options));
    const comment = options.comment === undefined ? {} : { comment: options.comment };
    const answered = await client.post<ApprovalAnswer>(`${path}/${verb}`, { digest, ...comment });
    if (options.json) return printJson(io, answered);
    const required = answered.approvals_required ?? 1;
    const missing = answered.status === "requested" ? ` (${answered.granted_by.length} of ${required})` : "";
    io.out(`${answered.id} ${answered.status}${missing}; task ${answered.task_id} is ${answered.task_status ?? "-"}`);
  });
}

async function digestShown(io: Io, seen: ApprovalAnswer, verb: string, options: AnswerOptions): Promise<string> {
  if (!options.json) printApproval(io, seen);
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
    ["expires", seen.expires_at],
    ["evidence", seen.evidence.map(evidenceText)],
  ]);
  for (const [type, body] of Object.entries(seen.artifacts)) {
    io.out("");
    io.out(styled(io, "bold", printable(type)));
    const sent = seen.artifact_sources?.[type];
    if (sent) io.out(sourceText(sent));
    for (const line of JSON.stringify(body, null, 2).split("\n")) io.out(printable(line));
  }
  io.out("");
  for (const line of seen.diff.trimEnd().split("\n")) io.out(printable(line));
  printUnseen(io, seen);
}

/** An artifact is its author's word; one that took the place of another phase's says so. */
function sourceText(sent: NonNullable<ApprovalAnswer["artifact_sources"]>[string]): string {
  const { submitted_by: by, phase, replaces } = sent;
  const words = `the author's own words, sent by ${by} in ${phase}`;
  if (!replaces) return printable(words);
  return printable(`${words}; takes the place of ${replaces.digest} of ${replaces.phase}, which nobody approved`);
}

/** What the digest stands for and the text above does not show. */
function printUnseen(
  io: Io,
  { diff, diff_truncated: isCut, changed_paths: changed, task_id: task, unreadable_code: unreadable }: ApprovalAnswer,
): void {
  for (const { path, size, kind } of unreadable ?? []) {
    io.out(styled(io, "bold", `warning: code that nobody can read here: ${printable(path)}, ${size} bytes, ${kind}`));
  }
  const lines = diff.split("\n");
  // Lines of a file's text begin with a sign or a space.
  for (const line of lines) {
    if (line.startsWith("Binary files ")) io.out(styled(io, "bold", `not shown: ${printable(line)}`));
  }
  if (!isCut) return;
  const shown = new Set(lines.filter((line) => line.startsWith("diff --git ")));
  const unseen = (changed ?? []).filter((path) => !shown.has(`diff --git a/${path} b/${path}`));
  io.out(styled(io, "bold", `the difference is cut: GET /api/v1/tasks/${task}/diff?since=base has more of it`));
  for (const path of unseen.slice(0, maxNamed)) io.out(`not shown: ${printable(path)}`);
  if (unseen.length > maxNamed) io.out(`not shown: ${unseen.length - maxNamed} files more`);
}

/** What ran and what it reported; its output and failures are in `--json`. */
function evidenceText({ purpose, status, passed, failed, command }: JsonObject): string {
  const counts = typeof passed === "number" ? `${passed} passed, ${Number(failed)} failed: ` : "";
  return `${JSON.stringify(purpose)} ${JSON.stringify(status)}, ${counts}${JSON.stringify(command ?? null)}`;
}

async function agrees(): Promise<boolean> {
  const { confirm } = await import("@clack/prompts");
  return (await confirm({ message: "Approve exactly this?", initialValue: false, output: process.stderr })) === true;
}
