import { setTimeout as pause } from "node:timers/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ApprovalAnswer, ClaimAnswer, RenewAnswer, TaskAnswer } from "@phasegate/wire";
import { type Answer, type Demand, done, isGranted, unmet } from "./answer.ts";
import { holdConnections, listenOnHost, type Held } from "./connections.ts";
import { fill, valueAt } from "./fill.ts";
import { callHttp } from "./http-call.ts";
import { lockLedger, runPhasegate, writeOutside, writeRepository, type LedgerLock } from "./outside.ts";
import { HostedAgent } from "./hosted-agent.ts";
import { requestOf } from "./request-of-step.ts";
import { type HeldTask, nameOf, type Stage } from "./stage.ts";
import { type Actor, type Expectation, type Step, type StepOf, type TokenTrick, verbOf } from "./step.ts";
import { trickToken } from "./token-tricks.ts";

/** A step that was taken. */
export interface Taken {
  readonly step: Step;
  readonly answer: Answer;
  /** How the answer differs from what was expected; empty: as expected. */
  readonly wrong: readonly string[];
}

const patienceMs = 20_000;
const pollMs = 50;
const noDemand: Demand = { commandsSucceed: false };

/**
 * Takes steps on one task over plain HTTP, as an agent that left its SDK aside would. Carries what an agent carries
 * from call to call: the live token, the one before, the approval that was asked for, and what steps keep.
 */
export class Player {
  readonly stage: Stage;
  readonly other: HeldTask;
  readonly #ownsOther: boolean;
  readonly #kept = new Map<string, unknown>();
  readonly #begun = new Map<string, Promise<Answer>>();
  #task: HeldTask;
  #holder: Actor = "agent";
  #previous = "not.a.token";
  #approval: { readonly id: string; readonly digest: string } | null = null;
  #ledgerLock: LedgerLock | null = null;
  #isDiskFull = false;
  #held: Held[] = [];
  readonly #hosted = new Map<string, Promise<HostedAgent>>();

  private constructor(stage: Stage, task: HeldTask, other: HeldTask, ownsOther: boolean) {
    this.stage = stage;
    this.#ownsOther = ownsOther;
    this.#task = task;
    this.other = other;
  }

  /** The task on which steps are taken. */
  get task(): HeldTask {
    return this.#task;
  }

  /**
   * A new task that `agent` holds, beside another that `other_agent` holds: one for the whole stage, or one of its own
   * where steps reach for it.
   */
  static async seat(stage: Stage, reachesForOther = true): Promise<Player> {
    const hold = () => holdTask(stage, "other_agent", { title: "Somebody else's work" });
    const other = await (reachesForOther ? hold() : stage.sharedOther(hold));
    return new Player(stage, await holdTask(stage, "agent", stage.kind.honest.task), other, reachesForOther);
  }

  /** Gives its tasks up: an agent may hold only so many. What has ended stays ended. */
  async leave(): Promise<void> {
    const key = await this.stage.keyOf("operator");
    for (const { taskId } of [this.task, ...(this.#ownsOther ? [this.other] : [])]) {
      const body = { reason: "the case is over" };
      await callHttp(this.stage.url, key, { method: "POST", path: `/tasks/${taskId}/cancel`, body });
    }
  }

  /** Takes a step, as often as it says, and judges its answer. */
  async take(step: Step, demand: Demand = noDemand): Promise<Taken> {
    const answer = step.eventually ? await this.#patiently(step, demand) : await this.#all(step);
    for (const [name, pointer] of Object.entries(step.keep ?? {})) this.#kept.set(name, valueAt(answer.body, pointer));
    if (step.later !== undefined) return { step, answer, wrong: [] };
    const expect = this.#expected(step);
    const group = "together" in step && expect === undefined ? [] : unmet(expect, answer, demand);
    const parts = "together" in step ? copiesOf(step) : [];
    const wrong = parts.flatMap(([one], index) => {
      const own = answer.parts?.[index] ?? answer;
      return one.expect === undefined && expect !== undefined ? [] : unmet(one.expect, own, demand);
    });
    return { step, answer, wrong: [...group, ...wrong] };
  }

  /** What was begun and never awaited has ended; what was held open is closed; the ledger is free. */
  async settle(): Promise<void> {
    this.#ledgerLock?.release();
    this.#ledgerLock = null;
    await Promise.allSettled(this.#held.splice(0).map((held) => held.close()));
    await Promise.allSettled(this.#begun.values());
  }

  async #patiently(step: Step, demand: Demand): Promise<Answer> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const answer = await this.#all(step);
      if (unmet(this.#expected(step), answer, demand).length === 0 || performance.now() > deadline) return answer;
      await pause(pollMs);
    }
  }

  /** Several times: one after the other. */
  async #all(step: Step): Promise<Answer> {
    if (step.times === undefined) return this.#one(step, 1);
    const parts: Answer[] = [];
    for (let index = 1; index <= step.times; index += 1) parts.push(await this.#one(step, index));
    return joined(parts);
  }

  async #one(step: Step, index: number): Promise<Answer> {
    if (step.later === undefined) return this.#do(step, index);
    const before = await this.#eventCount();
    const call = { hasEnded: false };
    const running = this.#do(step, index).finally(() => (call.hasEnded = true));
    this.#begun.set(step.later, running);
    running.catch(() => undefined);
    const deadline = performance.now() + patienceMs;
    while (!call.hasEnded && (await this.#eventCount()) === before && performance.now() < deadline) await pause(10);
    return done;
  }

  async #do(step: Step, index: number): Promise<Answer> {
    const actor = actorOf(step, index);
    switch (verbOf(step)) {
      case "together":
        return this.#together(step as StepOf<"together">);
      case "await":
        return this.#awaited((step as StepOf<"await">).await);
      case "wait_for":
        return this.#waitFor((step as StepOf<"wait_for">).wait_for);
      case "advance":
        await this.stage.advance((step as StepOf<"advance">).advance);
        return done;
      case "server":
        return this.#server((step as StepOf<"server">).server);
      case "ledger":
        return this.#ledger((step as StepOf<"ledger">).ledger);
      case "listen":
        return this.#listen((await this.#filled(step, index)) as StepOf<"listen">);
      case "connections":
        return this.#connect((await this.#filled(step, index)) as StepOf<"connections">);
      case "outside":
        return writeOutside(this.task.workspace, (await this.#filled(step, index)) as StepOf<"outside">);
      case "repository":
        return writeRepository(this.stage.repository, (await this.#filled(step, index)) as StepOf<"repository">);
      case "cli": {
        const { cli, stdin } = (await this.#filled(step, index)) as StepOf<"cli">;
        const key = await this.stage.keyOf(actor ?? "agent");
        const cwd = this.stage.repository;
        return runPhasegate({ cli, stdin: stdin as string | undefined, cwd, url: this.stage.url, key });
      }
      case "hook": {
        const agent = await this.#hostedAgent(actor ?? "agent");
        return agent.ask((await this.#filled(step, index)) as StepOf<"hook">);
      }
      case "task":
        return this.#newTask((await this.#filled(step, index)) as StepOf<"task">, actor ?? "agent");
      case "approval":
        return this.#approve((await this.#filled(step, index)) as StepOf<"approval">, actor ?? "person");
      case "claim":
        return this.#claim((await this.#filled(step, index)) as StepOf<"claim">, actor ?? "agent");
      default:
        return this.#call(step as StepOf<"tool">, index, actor);
    }
  }

  /** Steps that are one HTTP call with the task's token. */
  async #call(step: Step & { readonly token?: TokenTrick }, index: number, as: Actor | undefined): Promise<Answer> {
    const token = await this.#shown(step.token ?? "live");
    const filled = await this.#filled(step, index, token ?? "");
    const phase = "transition" in step ? (step.from ?? (await this.state()).phase) : "";
    const call = requestOf(filled, {
      taskId: this.task.taskId,
      phase,
      shown: token === null ? {} : { phase_token: token },
    });
    const actor = as ?? ("review" in step ? "reviewer" : "agent");
    const answer = await callHttp(this.stage.url, await this.stage.keyOf(actor), call);
    const asked = answer.body["approval"] as { readonly id: string; readonly digest: string } | undefined;
    if (asked) this.#approval = asked;
    const isMove = "transition" in step || "complete" in step || "release" in step || isCommit(step);
    if (isMove && (asked || isGranted(answer)) && token !== null) this.#previous = token;
    return answer;
  }

  async #together(step: StepOf<"together">): Promise<Answer> {
    const copies = copiesOf(step);
    // Nobody waits for a key once it begins.
    await Promise.all(copies.map(([one, number]) => this.stage.keyOf(actorOf(one, number) ?? "agent")));
    return joined(await Promise.all(copies.map(([one, number]) => this.#one(one, number))));
  }

  async #awaited(name: string): Promise<Answer> {
    const running = this.#begun.get(name);
    if (running === undefined) throw new Error(`no step was begun as \`${name}\``);
    return running;
  }

  /** A file of the workspace that a running command makes. */
  async #waitFor(path: string): Promise<Answer> {
    const deadline = performance.now() + patienceMs;
    while (!existsSync(join(this.task.workspace, path))) {
      if (performance.now() > deadline) return { status: 504, body: {}, text: `\`${path}\` never came` };
      await pause(10);
    }
    return done;
  }

  async #server(what: StepOf<"server">["server"]): Promise<Answer> {
    if (what === "kill") await this.stage.kill();
    if (what === "stop" || what === "restart") await this.stage.stop();
    const refusal = what === "start" || what === "restart" ? await this.stage.start() : null;
    if (refusal === null) return done;
    const findings = JSON.stringify(refusal.extras.findings ?? []);
    return { status: 503, body: { code: refusal.code }, text: `${refusal.message} ${findings}` };
  }

  /** The answer holds the port where there is one. */
  async #listen({ listen }: StepOf<"listen">): Promise<Answer> {
    const service = await listenOnHost(listen);
    this.#held.push(service);
    return { ...done, body: { port: service.port } };
  }

  async #connect({ connections, sends = "" }: StepOf<"connections">): Promise<Answer> {
    this.#held.push(await holdConnections(this.stage.url, connections, sends as string));
    return done;
  }

  #ledger(what: StepOf<"ledger">["ledger"]): Answer {
    const isFull = this.#isDiskFull;
    this.#isDiskFull = what === "full";
    if (isFull !== this.#isDiskFull) this.stage.server.setDiskFull(this.#isDiskFull);
    this.#ledgerLock?.release();
    this.#ledgerLock = what === "lock" ? lockLedger(this.stage.dataDirectory) : null;
    return done;
  }

  /** The hook of a host, installed and bound to the task when it is first asked. */
  #hostedAgent(actor: Actor): Promise<HostedAgent> {
    const known = this.#hosted.get(this.task.taskId);
    if (known !== undefined) return known;
    const seated = HostedAgent.seat(this.stage, this.task, actor);
    this.#hosted.set(this.task.taskId, seated);
    return seated;
  }

  /** The person decides on what she is shown, unless the step says another digest. */
  async #approve({ approval, comment, digest }: StepOf<"approval">, actor: Actor): Promise<Answer> {
    const id = this.#approval?.id ?? "apr_none";
    const key = await this.stage.keyOf(actor);
    const seen = await callHttp(this.stage.url, key, { method: "GET", path: `/approvals/${id}` });
    if (!isGranted(seen)) return seen;
    const body = {
      digest: digest ?? (seen.body as unknown as ApprovalAnswer).digest,
      comment: comment ?? "as planned",
    };
    return callHttp(this.stage.url, key, { method: "POST", path: `/approvals/${id}/${approval}`, body });
  }

  async #claim({ claim }: StepOf<"claim">, actor: Actor): Promise<Answer> {
    const body = { agent_id: nameOf(actor), ...(claim === "any" ? {} : { task_id: claim }) };
    const key = await this.stage.keyOf(actor);
    const answer = await callHttp(this.stage.url, key, { method: "POST", path: "/tasks/claim", body });
    if (isGranted(answer) && claim === this.task.taskId) this.#holder = actor;
    return answer;
  }

  /** A new task that the actor holds, and on which every later step is taken. */
  async #newTask({ task: title, body = {} }: StepOf<"task">, actor: Actor): Promise<Answer> {
    this.#task = await holdTask(this.stage, actor, { ...body, title });
    this.#holder = actor;
    return { ...done, body: { id: this.#task.taskId } };
  }

  /** What a step has kept under a name. */
  kept(name: string): unknown {
    return this.#kept.get(name);
  }

  /** A text with its placeholders filled in. */
  filledText(text: string): string {
    return String(fill(text, this.#values(1, "")));
  }

  /** What the step expects, filled in: an answer may have to hold, or to lack, what a step before has kept. */
  #expected({ expect }: Step): Expectation | undefined {
    if (expect === undefined) return undefined;
    return fill(expect, this.#values(1, "")) as Expectation;
  }

  /** The step with everything filled in. */
  async #filled<Filled extends Step>(step: Filled, index: number, token?: string): Promise<Filled> {
    const live = token ?? (JSON.stringify(step).includes("{token}") ? await this.#liveToken() : "");
    return fill(step, this.#values(index, live)) as Filled;
  }

  #values(index: number, token: string): ReadonlyMap<string, unknown> {
    return new Map<string, unknown>([
      ...this.stage.kind.values,
      ["task", this.task.taskId],
      ["token", token],
      ["other_task", this.other.taskId],
      ["other_workspace", this.other.workspace],
      ["workspace", this.task.workspace],
      ["repository", this.stage.repository],
      ["data_dir", this.stage.dataDirectory],
      ["url", this.stage.url],
      ["approval", this.#approval?.id ?? "apr_none"],
      ["digest", this.#approval?.digest ?? `sha256:${"0".repeat(64)}`],
      ["n", index],
      ...this.#kept,
    ]);
  }

  async #shown(trick: TokenTrick): Promise<string | null> {
    const live = trick === "absent" ? "" : await this.#liveToken();
    return trickToken(trick, { live, previous: this.#previous, otherTask: this.other.token });
  }

  /** The live token is the holder's to ask for; while no lease runs there is none. */
  async #liveToken(): Promise<string> {
    const path = `/tasks/${this.task.taskId}/token`;
    const answer = await callHttp(this.stage.url, await this.stage.keyOf(this.#holder), {
      method: "POST",
      path,
      body: {},
    });
    return answer.status === 200 ? (answer.body as unknown as RenewAnswer).phase_token : this.#previous;
  }

  async #eventCount(): Promise<number> {
    const operator = await this.stage.client("operator");
    const { total } = await operator.get<{ total: number }>("/audit/query", { task_id: this.task.taskId, limit: 1 });
    return total;
  }

  /** The task as the server has it. */
  async state(): Promise<TaskAnswer> {
    const operator = await this.stage.client("operator");
    return operator.get<TaskAnswer>(`/tasks/${this.task.taskId}`);
  }
}

async function holdTask(stage: Stage, actor: Actor, task: { readonly title: string }): Promise<HeldTask> {
  const { id: taskId } = await (await stage.client("operator")).post<TaskAnswer>("/tasks", task);
  const agent = await stage.client(actor);
  const claim = await agent.post<ClaimAnswer>("/tasks/claim", { agent_id: nameOf(actor), task_id: taskId });
  return { taskId, workspace: claim.workspace.path, token: claim.phase_token };
}

function actorOf(step: Step, index: number): Actor | undefined {
  return "as" in step ? step.as?.replace("{n}", String(index)) : undefined;
}

/** Every step that is taken at once, with its number among its own copies. */
function copiesOf({ together }: StepOf<"together">): readonly (readonly [Step, number])[] {
  return together.flatMap((step) => Array.from({ length: step.times ?? 1 }, (_, index) => [step, index + 1] as const));
}

function joined(parts: readonly Answer[]): Answer {
  return { ...(parts.at(-1) ?? done), parts };
}

/** A commit in the last phase ends the task. */
function isCommit(step: Step): boolean {
  return "tool" in step && step.tool === "git_commit";
}
