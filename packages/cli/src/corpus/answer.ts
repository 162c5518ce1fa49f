import type { Expectation } from "./step.ts";

export interface Answer {
  /** 0: nothing answered. */
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Of steps that were taken together or several times. */
  readonly parts?: readonly Answer[];
}

export const done: Answer = { status: 200, body: {}, text: "" };

/** True where the server did what was asked, whatever came of it. */
export function isGranted({ status, body, parts }: Answer): boolean {
  if (parts !== undefined) return parts.every(isGranted);
  return status >= 200 && status < 400 && body["allowed"] !== false;
}

/** Demands beyond the expectation that is written. */
export interface Demand {
  /** A command must end with exit code 0 where its expectation says nothing of how it ends. */
  readonly commandsSucceed: boolean;
}

/** How an answer differs from what it must be; nothing: it is as it must be. */
export function unmet(expect: Expectation | undefined, answer: Answer, demand: Demand): readonly string[] {
  const wrong: string[] = [];
  const { status, text } = answer;
  const expected = expect ?? {};
  if (expected.unreachable) return status === 0 ? [] : ["expected no answer at all"];
  if (!namesRefusal(expected) && !isGranted(answer)) wrong.push("refused");
  if (expected.status !== undefined && ![expected.status].flat().includes(status)) {
    wrong.push(`expected ${[expected.status].flat().join(" or ")}`);
  }
  wrong.push(
    ...unmetReasons(expected, answer),
    ...unmetResult(expected, answer, demand),
    ...unmetCounts(expected, answer),
  );
  if (expected.silent && text !== "") wrong.push("expected that nothing is said");
  for (const held of expected.lacks ?? []) if (text.includes(held)) wrong.push(`the answer holds \`${held}\``);
  for (const lost of expected.shows ?? []) if (!text.includes(lost)) wrong.push(`the answer lacks \`${lost}\``);
  return wrong;
}

/** An expectation that says how the answer refuses, how many of several do, or how a command ends: then no other is right. */
function namesRefusal(expect: Expectation): boolean {
  const { status, code, finding, awaits, granted, codes, exit_code, command_fails } = expect;
  return [status, code, finding, awaits, granted, codes, exit_code, command_fails].some((value) => value !== undefined);
}

function unmetReasons({ code, finding, awaits }: Expectation, { body }: Answer): readonly string[] {
  const wrong: string[] = [];
  const findings = (body["findings"] ?? []) as readonly { readonly check?: string }[];
  if (code !== undefined && ![code].flat().some((one) => one === body["code"])) {
    wrong.push(`expected \`${[code].flat().join("` or `")}\``);
  }
  if (finding !== undefined && !findings.some(({ check }) => check === finding)) {
    wrong.push(`expected a finding of \`${finding}\``);
  }
  if (awaits === "approval" && !body["approval"]) wrong.push("expected that it waits for approval");
  return wrong;
}

interface CommandResult {
  readonly exit_code?: number;
  readonly changed_paths?: readonly string[];
}

function unmetResult(expect: Expectation, answer: Answer, { commandsSucceed }: Demand): readonly string[] {
  const result = (answer.body["result"] ?? answer.body) as CommandResult;
  const wrong: string[] = [];
  const exit = result.exit_code;
  if (expect.exit_code !== undefined && exit !== expect.exit_code) wrong.push(`expected exit code ${expect.exit_code}`);
  if (expect.command_fails && (exit === undefined || exit === 0)) wrong.push("the command must fail");
  const says = expect.exit_code !== undefined || expect.command_fails === true;
  if (commandsSucceed && !says && exit !== undefined && exit !== 0) wrong.push("the command failed");
  if (expect.changed !== undefined) {
    const changed = (result.changed_paths ?? []).toSorted().join(", ");
    if (changed !== expect.changed.toSorted().join(", "))
      wrong.push(`expected changes of ${expect.changed.join(", ")}`);
  }
  return wrong;
}

function unmetCounts({ granted, codes }: Expectation, answer: Answer): readonly string[] {
  const parts = answer.parts ?? [answer];
  const wrong: string[] = [];
  const count = parts.filter(isGranted).length;
  if (granted !== undefined && !isWithin(count, granted)) wrong.push(`${count} were granted`);
  if (codes === undefined) return wrong;
  const found = new Map<string, number>();
  for (const part of parts.filter((one) => !isGranted(one))) {
    const code = codeOf(part);
    found.set(code, (found.get(code) ?? 0) + 1);
  }
  for (const [code, wanted] of Object.entries(codes)) {
    if (!isWithin(found.get(code) ?? 0, wanted)) wrong.push(`${found.get(code) ?? 0} were \`${code}\``);
  }
  for (const [code, times] of found) if (!(code in codes)) wrong.push(`${times} were \`${code}\``);
  return wrong;
}

function isWithin(count: number, range: number | readonly number[]): boolean {
  const [least = 0, most = least] = [range].flat();
  return count >= least && count <= most;
}

function codeOf({ status, body }: Answer): string {
  const [finding] = (body["findings"] ?? []) as readonly { readonly check?: string }[];
  const code = body["code"] ?? finding?.check;
  return typeof code === "string" ? code : `status ${status}`;
}

/** One line about an answer: status, and its code, finding, blocker or exit code. */
export function said(answer: Answer): string {
  const { status, body, text, parts } = answer;
  if (parts !== undefined) return `${parts.filter(isGranted).length} of ${parts.length} granted`;
  const [finding] = (body["findings"] ?? []) as readonly { readonly check?: string }[];
  const [blocker] = (body["blockers"] ?? []) as readonly string[];
  const result = body["result"] as CommandResult | undefined;
  const exit = result?.exit_code === undefined ? null : `exit code ${result.exit_code}`;
  const what = body["code"] ?? finding?.check ?? blocker ?? exit ?? `${text.length} characters`;
  return `${status} ${typeof what === "string" ? what : JSON.stringify(what)}`;
}
