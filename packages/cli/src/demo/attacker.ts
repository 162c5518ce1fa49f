import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RenewAnswer, TaskAnswer } from "@phasegate/wire";
import type { Actor, AttackCase, AttackStep, TokenTrick } from "./attack-case.ts";
import type { Stage } from "./stage.ts";
import { trickToken } from "./token-tricks.ts";

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** How one case ended. `through`: it got what it wanted. `otherwise`: refused, but not as the case says. */
export interface AttackResult {
  readonly attack: AttackCase;
  readonly outcome: "stopped" | "detected" | "reported" | "through" | "otherwise" | "beyond";
  /** Status and code, and what is not as it must be. */
  readonly seen: string;
}

/** Tries cases over plain HTTP with the agent's key, as an agent that left its SDK aside would. */
export class Attacker {
  readonly #stage: Stage;
  readonly #workspace: string;
  #previous = "not.a.token";
  #approval: { readonly id: string; readonly digest: string } | null = null;

  constructor(stage: Stage, workspace: string) {
    this.#stage = stage;
    this.#workspace = workspace;
  }

  /** Keeps the live token, which the next move makes a stale one. */
  async keepToken(): Promise<void> {
    this.#previous = await this.#liveToken();
  }

  seeApproval(approval: { readonly id: string; readonly digest: string } | null): void {
    this.#approval = approval;
  }

  /** Tries one case. Throws when its set-up fails, or when it leaves something behind. */
  async attempt(attack: AttackCase): Promise<AttackResult> {
    const untouched = await this.#state();
    for (const step of attack.setup ?? []) await this.#prepare(attack, step);
    const before = attack.setup ? await this.#state() : untouched;
    const answer = await this.#take(attack.action);
    const after = await this.#state();
    const wrong = unmet(attack, answer);
    const changes = changesBetween(before, after).filter((what) => !(attack.may_change ?? []).includes(what));
    const isThrough = changes.length > 0 || (wrong.length > 0 && isGranted(answer));
    for (const step of attack.cleanup ?? []) await this.#prepare(attack, step);
    const left = attack.cleanup || changes.length === 0 ? changesBetween(untouched, await this.#state()) : [];
    const seen = [said(answer), ...wrong, ...changes.map((what) => `changed ${what}`)].join("; ");
    if (left.length > 0 && changes.length === 0) {
      throw new Error(`the attack \`${attack.name}\` leaves ${left.join(", ")} behind`);
    }
    const outcome = attack.outcome ?? "stopped";
    return { attack, seen, outcome: isThrough ? "through" : wrong.length > 0 ? "otherwise" : outcome };
  }

  async #prepare(attack: AttackCase, step: AttackStep): Promise<void> {
    const answer = await this.#take(step);
    if (isGranted(answer)) return;
    throw new Error(`the set-up of \`${attack.name}\` was refused: ${answer.status} ${answer.text.slice(0, 300)}`);
  }

  async #take(step: AttackStep): Promise<Answer> {
    if ("outside" in step) return this.#writeOutside(step.outside, step.content);
    const token = await this.#shown(step.token ?? "live");
    const fill = this.#filler(token ?? "");
    const shown = token === null ? {} : { phase_token: token };
    const actor = step.as ?? "agent";
    if ("tool" in step) {
      const { tool: tool_name, args } = fill(step);
      const body = { task_id: this.#stage.taskId, ...shown, tool_name, args };
      return this.#call(actor, "POST", "/tools/execute", body);
    }
    if ("transition" in step) {
      const { transition: target_phase, artifacts = {} } = fill(step);
      const current_phase = step.from ?? (await this.#task()).phase;
      const body = { task_id: this.#stage.taskId, ...shown, current_phase, target_phase, artifacts };
      return this.#call(actor, "POST", "/tasks/transition", body);
    }
    const { http, body } = fill(step);
    const [method = "GET", path = "/"] = http.split(" ");
    return this.#call(actor, method, path, body);
  }

  /** What the placeholders of a step stand for. */
  #filler(token: string): <Value>(value: Value) => Value {
    const { taskId, other, dataDirectory, server } = this.#stage;
    const values: Readonly<Record<string, string>> = {
      task: taskId,
      token,
      other_task: other.taskId,
      other_workspace: other.workspace,
      workspace: this.#workspace,
      data_dir: dataDirectory,
      url: server.url,
      approval: this.#approval?.id ?? "approval_none",
      digest: this.#approval?.digest ?? `sha256:${"0".repeat(64)}`,
    };
    return (value) => filled(value, values) as typeof value;
  }

  async #shown(trick: TokenTrick): Promise<string | null> {
    const live = trick === "absent" ? "" : await this.#liveToken();
    return trickToken(trick, { live, previous: this.#previous, otherTask: this.#stage.other.token });
  }

  /** The live token is the holder's to ask for; while no lease runs there is none. */
  async #liveToken(): Promise<string> {
    const answer = await this.#call("agent", "POST", `/tasks/${this.#stage.taskId}/token`, {});
    return answer.status === 200 ? (answer.body as unknown as RenewAnswer).phase_token : this.#previous;
  }

  async #call(actor: Actor, method: string, path: string, body?: unknown): Promise<Answer> {
    const key = this.#stage.keys[actor];
    const response = await fetch(`${this.#stage.server.url}/api/v1${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) as Record<string, unknown>, text };
  }

  #writeOutside(path: string, content: string): Answer {
    if (content === "") rmSync(join(this.#workspace, path), { force: true });
    else writeFileSync(join(this.#workspace, path), content);
    return { status: 200, body: {}, text: "" };
  }

  #task(): Promise<TaskAnswer> {
    return this.#stage.client("operator").get<TaskAnswer>(`/tasks/${this.#stage.taskId}`);
  }

  /** All that an attack could have gained: every file, and where the task stands. Read past the agent's own eyes. */
  async #state(): Promise<ReadonlyMap<string, string>> {
    const task = await this.#task();
    const state = new Map(filesBelow(this.#workspace));
    for (const [path, content] of filesBelow(this.#stage.other.workspace)) state.set(`other task's ${path}`, content);
    state.set("the task's status", `${task.status}${task.overridden ? ", overridden" : ""}`);
    state.set("the task's phase", `${task.phase}, entry ${task.entry}`);
    state.set("the task's holder", task.holder?.principal ?? "none");
    state.set("approvals", JSON.stringify(task.approvals.map(({ id, status }) => [id, status])));
    const { keys } = await this.#stage.client("operator").get<{ keys: unknown[] }>("/keys");
    state.set("keys", String(keys.length));
    return state;
  }
}

function filled(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string")
    return value.replaceAll(/\{([a-z_]+)\}/g, (whole, name: string) => values[name] ?? whole);
  if (Array.isArray(value)) return value.map((item) => filled(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, values)]));
}

/** True where the server did what was asked, whatever came of it. */
function isGranted({ status, body }: Answer): boolean {
  return status < 400 && body["allowed"] !== false;
}

function unmet({ expect }: AttackCase, { status, body, text }: Answer): readonly string[] {
  const result = body["result"] as { readonly exit_code?: number } | undefined;
  const findings = (body["findings"] ?? []) as readonly { readonly check?: string }[];
  const wrong: string[] = [];
  if (status !== expect.status) wrong.push(`expected ${expect.status}`);
  if (expect.code !== undefined && body["code"] !== expect.code) wrong.push(`expected \`${expect.code}\``);
  if (expect.finding !== undefined && !findings.some(({ check }) => check === expect.finding)) {
    wrong.push(`expected a finding of \`${expect.finding}\``);
  }
  if (expect.command_fails && result?.exit_code === 0) wrong.push("the command must fail");
  for (const held of expect.lacks ?? []) if (text.includes(held)) wrong.push(`the answer holds \`${held}\``);
  for (const lost of expect.shows ?? []) if (!text.includes(lost)) wrong.push(`the answer lacks \`${lost}\``);
  return wrong;
}

function said({ status, body, text }: Answer): string {
  const [finding] = (body["findings"] ?? []) as readonly { readonly check?: string }[];
  const [blocker] = (body["blockers"] ?? []) as readonly string[];
  const result = body["result"] as { readonly exit_code?: number } | undefined;
  const exit = result?.exit_code === undefined ? null : `exit code ${result.exit_code}`;
  const what = body["code"] ?? finding?.check ?? blocker ?? exit ?? `${text.length} characters`;
  return `${status} ${typeof what === "string" ? what : JSON.stringify(what)}`;
}

function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

/** Every file below a folder with its mode and content, but git's own data and what the server keeps for the task. */
function filesBelow(folder: string, below = ""): readonly (readonly [string, string])[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (path === ".git") return [];
    const full = join(folder, path);
    if (entry.isDirectory()) return [[path, "folder"] as const, ...filesBelow(folder, path)];
    if (entry.isSymbolicLink()) return [[path, `link to ${readlinkSync(full)}`] as const];
    const { mode } = lstatSync(full);
    return [[path, entry.isFile() ? `${mode}:${readFileSync(full, "latin1")}` : `special ${mode}`] as const];
  });
}
