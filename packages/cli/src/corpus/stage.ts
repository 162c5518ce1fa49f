import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PhasegateError, type CreatedKeyAnswer } from "@phasegate/wire";
import { httpClient, type HttpClient } from "../client/http-client.ts";
import { makeRepository, type RepositoryKind } from "./repository-kind.ts";
import { startInProcess, startProcess, type StageServer } from "./stage-server.ts";
import type { Actor } from "./step.ts";

/** A task and the workspace of its holder. */
export interface HeldTask {
  readonly taskId: string;
  readonly workspace: string;
  readonly token: string;
}

export interface StageOptions {
  readonly kind: RepositoryKind;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In place of the kind's own. */
  readonly workflow?: string | undefined;
  /** `off`: as on a machine without an OS sandbox. */
  readonly sandbox: "auto" | "off";
  /** The server runs in a process of its own, which can be killed. Default: in this one, whose clock can be moved. */
  readonly ownProcess?: boolean;
}

/**
 * A server over a repository of one kind, and its principals. The data directory, the repository and the clock outlive
 * a stop, so that the server can be started again.
 */
export class Stage implements AsyncDisposable {
  readonly kind: RepositoryKind;
  readonly repository: string;
  readonly dataDirectory: string;
  readonly #options: StageOptions;
  readonly #home: string;
  readonly #operatorKey = randomBytes(32).toString("base64url");
  readonly #keys = new Map<Actor, Promise<string | null>>();
  #lastKey: Promise<unknown> = Promise.resolve();
  readonly #clock = { aheadMs: 0, now: () => Date.now() + this.#clock.aheadMs };
  #other: Promise<HeldTask> | null = null;
  #server: StageServer | null = null;
  #url = "";

  private constructor(options: StageOptions) {
    this.#options = options;
    this.#home = mkdtempSync(join(tmpdir(), "phasegate-stage-"));
    this.kind = options.kind;
    this.repository = join(this.#home, options.kind.name);
    this.dataDirectory = join(this.#home, "data");
  }

  /** Nothing is left on the machine when the stage is disposed of, or when it cannot be set. */
  static async set(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    try {
      makeRepository(options.kind, stage.repository, options.workflow);
      await stage.#open();
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the server as it runs, or as it last ran. */
  get url(): string {
    return this.#url;
  }

  get server(): StageServer {
    if (this.#server === null) throw new Error("the server of the stage is stopped");
    return this.#server;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
  }

  async kill(): Promise<void> {
    await this.server.kill();
    this.#server = null;
  }

  /** Null when it runs; else why it would not start. */
  async start(): Promise<PhasegateError | null> {
    try {
      if (this.#server === null) await this.#open();
      return null;
    } catch (error) {
      if (error instanceof PhasegateError) return error;
      throw error;
    }
  }

  /** Runs again, whatever was done to it: a workflow with which it does not start is put back. */
  async recover(): Promise<void> {
    if (this.#options.ownProcess) this.#server?.setDiskFull(false);
    if ((await this.start()) === null) return;
    writeFileSync(join(this.repository, "agent_workflow.yaml"), this.#options.workflow ?? this.kind.workflow);
    const refusal = await this.start();
    if (refusal !== null) throw refusal;
  }

  /** Lets time pass for the server: leases that are over by then end. */
  async advance(seconds: number): Promise<void> {
    this.#clock.aheadMs += seconds * 1_000;
    await this.#server?.sweepLeases();
  }

  client(actor: Actor): Promise<HttpClient> {
    return this.keyOf(actor).then((key) => httpClient({ server: this.#url, key, timeoutMs: 300_000 }));
  }

  /** A task that stands beside all others of this stage, made when it is first asked for. */
  sharedOther(hold: () => Promise<HeldTask>): Promise<HeldTask> {
    return (this.#other ??= hold());
  }

  /** The actor's key, made when it is first asked for. */
  keyOf(actor: Actor): Promise<string | null> {
    const known = this.#keys.get(actor);
    if (known !== undefined) return known;
    // One after the other: many at once contend for one stream, and the last are told to come again.
    const made = this.#lastKey.then(() => this.#makeKey(actor));
    this.#lastKey = made.catch(() => undefined);
    this.#keys.set(actor, made);
    return made;
  }

  async #makeKey(actor: Actor): Promise<string | null> {
    if (actor === "nobody") return null;
    if (actor === "operator") return this.#operatorKey;
    const body = principals[actor] ?? { name: actor, kind: "agent", roles: ["agent"] };
    const operator = await this.client("operator");
    return (await operator.post<CreatedKeyAnswer>("/keys", body)).key;
  }

  async #open(): Promise<void> {
    const { env, kind, sandbox, ownProcess = false } = this.#options;
    this.#server = await (ownProcess ? startProcess : startInProcess)({
      repository: this.repository,
      dataDirectory: this.dataDirectory,
      env: { PATH: env["PATH"], HOME: this.#home, PHASEGATE_OPERATOR_KEY: this.#operatorKey },
      sandbox,
      toolchainDirs: kind.toolchainDirs,
      clock: this.#clock,
    });
    this.#url = this.#server.url;
    if (this.#keys.size > 0) return;
    // Every stage has the same principals, so that a state compared before and after holds no key that just came.
    await this.keyOf("operator");
    const operator = await this.client("operator");
    await operator.post("/keys", { name: "carl", kind: "person", roles: ["agent"] });
    for (const actor of Object.keys(principals)) await this.keyOf(actor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** The attacker has a second principal under the same owner, with every role that an agent can ask for. */
const principals: Readonly<Record<Actor, object>> = {
  person: { name: "maria", kind: "person", roles: ["approver"] },
  agent: { name: "agent-1", kind: "agent", roles: ["agent"], owner: "carl" },
  twin: { name: "agent-1-twin", kind: "agent", roles: ["agent", "reviewer"], owner: "carl" },
  other_agent: { name: "agent-2", kind: "agent", roles: ["agent"] },
  reviewer: { name: "reviewer-1", kind: "agent", roles: ["agent", "reviewer"] },
};

/** The name that an actor's key bears, under which it claims. */
export function nameOf(actor: Actor): string {
  const principal = principals[actor] as { readonly name: string } | undefined;
  return principal?.name ?? actor;
}
