import type {
  AuthorizeAnswer,
  BriefAnswer,
  ClaimAnswer,
  JsonObject,
  JsonValue,
  NextCall,
  RecordAnswer,
  SnapshotAnswer,
  TaskAnswer,
} from "@phasegate/wire";
import { PhasegateUsageError } from "./errors.ts";
import type { ClientListener } from "./events.ts";
import { Heartbeat } from "./task/heartbeat.ts";
import { type HeldTask, Hold } from "./task/hold.ts";
import type { TransitionResult } from "./task/transition-result.ts";
import { Transitions } from "./task/transitions.ts";
import type {
  BashResult,
  EditFilesResult,
  GitCommitResult,
  GitDiffResult,
  GrepResult,
  RestoreFilesResult,
  RunTestsResult,
  ToolAnswer,
  WriteFilesResult,
} from "./tools/results.ts";
import { CircuitBreaker, type CircuitBreakerOptions } from "@phasegate/resilience";
import { HttpTransport } from "./transport/http-transport.ts";
import { globalTraceHeaders, type TraceHeaders } from "./transport/trace-headers.ts";
import { type ClientRetry, defaultClientRetry } from "./transport/client-retry.ts";

export interface AgentClientOptions {
  /** Where the server listens, for instance `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The agent's API key. Absent only where `security.auth` is `open`; such a client has no heartbeat. */
  readonly key?: string | null;
  /** The name that the agent works under. Two processes that work at once take two names. */
  readonly agentId: string;
  readonly capabilities?: readonly string[];
  /** `false`: none. `intervalMs`: that often, instead of three times a lease. */
  readonly heartbeat?: boolean | { readonly intervalMs: number };
  readonly retry?: Partial<ClientRetry>;
  /**
   * Leaves a server alone that failed call after call; clients may share one. `false`: none. Default: 5 failed calls,
   * each with all its repetitions, open it for 10 seconds. Heartbeats go through in any case.
   */
  readonly circuitBreaker?: CircuitBreaker | CircuitBreakerOptions | false;
  /** Time limit of one sending; tools and transitions have only the platform's. Default: 60,000. */
  readonly requestTimeoutMs?: number;
  /** In place of the platform's, for instance one with a proxy or other time limits. */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Names the trace that requests belong to, as W3C `traceparent`; null for none. Default: that of OpenTelemetry's global
   * API, where the program has set one up.
   */
  readonly traceparent?: () => string | null;
  /** Hears what the client does by itself. What it throws is ignored. */
  readonly onEvent?: ClientListener;
}

export interface CallOptions {
  /** Ends the wait for an answer, not what the server has begun. */
  readonly signal?: AbortSignal;
}

export interface ClaimOptions extends CallOptions {
  /** This task and no other; its holder resumes it. */
  readonly taskId?: string;
  /** Instead of the client's. */
  readonly capabilities?: readonly string[];
}

export interface TransitionOptions extends CallOptions {
  /** By type; a type that is left out is the last one submitted. */
  readonly artifacts?: Readonly<Record<string, JsonValue>>;
  /** Stay until a person has decided, instead of answering `awaiting_approval`. */
  readonly waitForApproval?: boolean;
  /** Let the server answer at once and follow the operation, where long requests do not survive. */
  readonly respondAsync?: boolean;
  /** Longest pause between two looks while waiting. Default: 2,000. */
  readonly pollMs?: number;
}

export interface RecordedCall {
  /** `event_id` of the authorization. */
  readonly event_id: string;
  readonly success: boolean;
  readonly result?: JsonValue;
  readonly duration_ms?: number;
  readonly error?: string;
}

/** One hold on one task, with all that lives as long as it. */
interface Work {
  readonly hold: Hold;
  readonly transitions: Transitions;
  readonly heartbeat: Heartbeat;
}

const defaultPollMs = 2_000;
/** Longest that leaving an `await using` block waits for the server. */
const disposeMs = 5_000;

/**
 * An agent that works on one task at a time. It carries the phase token from call to call, keeps the lease alive in
 * the background, repeats what got no answer without running it twice, and reports every refusal with its code.
 *
 * Throws `PhasegateApiError` (by kind) for a refusal, `PhasegateConnectionError` when no answer came,
 * `PhasegateUsageError` when no task is held, and the signal's reason when a call was aborted.
 */
export class AgentClient {
  readonly agentId: string;
  readonly #options: AgentClientOptions;
  readonly #transport: HttpTransport;
  readonly #onEvent: ClientListener;
  #work: Work | null = null;

  constructor(options: AgentClientOptions) {
    this.agentId = options.agentId;
    this.#options = options;
    this.#onEvent = (event) => {
      try {
        options.onEvent?.(event);
      } catch {
        // A listener that fails must not turn an answered call into a failed one.
      }
    };
    this.#transport = new HttpTransport({
      url: options.url,
      key: options.key ?? null,
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      retry: { ...defaultClientRetry, ...options.retry },
      circuitBreaker: this.#circuitBreaker(options),
      requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
      random: Math.random,
      onEvent: this.#onEvent,
      traceHeaders: traceHeadersOf(options),
    });
  }

  /** The task that this client holds, as it was claimed; null when it holds none. */
  get task(): HeldTask | null {
    return this.#work?.hold.task ?? null;
  }

  /** The phase that the held task is in, as the last answer told it. */
  get phase(): string | null {
    return this.#work?.hold.phase ?? null;
  }

  /** When the task goes to someone else unless this client is heard of; RFC 3339. */
  get leaseExpiresAt(): string | null {
    return this.#work?.hold.leaseExpiresAt ?? null;
  }

  /** Takes the best ready task, or the named one. `NotFoundError` with code `no_claimable_task` when there is none. */
  async claimTask(options: ClaimOptions = {}): Promise<HeldTask> {
    const held = this.#work?.hold.task;
    if (held && held.id !== options.taskId) {
      throw new PhasegateUsageError(`this client holds \`${held.id}\`; release it first, or use another client`);
    }
    const capabilities = options.capabilities ?? this.#options.capabilities;
    const { body } = await this.#transport.send<ClaimAnswer>({
      method: "POST",
      path: "/tasks/claim",
      body: {
        agent_id: this.agentId,
        ...(capabilities ? { capabilities } : {}),
        ...(options.taskId === undefined ? {} : { task_id: options.taskId }),
      },
      signal: options.signal,
    });
    this.#endWork();
    this.#work = this.#beginWork(body);
    return this.#work.hold.task;
  }

  /** Asks to move the task to another phase. A gate's refusal is the outcome `blocked`, not an error. */
  requestTransition(targetPhase: string, options: TransitionOptions = {}): Promise<TransitionResult> {
    return this.#transition(targetPhase, options);
  }

  /** Asks to end the task, in its last phase. */
  complete(options: TransitionOptions = {}): Promise<TransitionResult> {
    return this.#transition(null, options);
  }

  /** Goes on from the outcome `awaiting_approval`: answers when a person has decided. */
  async waitForTransition(options: CallOptions & { readonly pollMs?: number } = {}): Promise<TransitionResult> {
    const work = this.#requireWork();
    const rules = { pollMs: options.pollMs ?? defaultPollMs, signal: options.signal };
    return this.#settle(work, await work.transitions.waitFor(rules));
  }

  /** Runs a tool in the task's workspace. `ToolDeniedError` when the phase does not allow it. */
  async useTool<Name extends string>(
    name: Name,
    args: JsonObject = {},
    options: CallOptions = {},
  ): Promise<ToolAnswer<Name>> {
    const { hold } = this.#requireWork();
    const { body } = await hold.send<ToolAnswer<Name>>(options.signal, (phase_token) => ({
      method: "POST",
      path: "/tools/execute",
      body: { task_id: hold.task.id, phase_token, tool_name: name, args },
      timeoutMs: null,
    }));
    if (body.warnings.length > 0) this.#onEvent({ type: "warnings", tool: name, warnings: body.warnings });
    return body;
  }

  /** Asks whether a call that the agent makes with its own tool is allowed. A denial is the effect `deny`. */
  async authorizeTool(name: string, args: JsonObject = {}, options: CallOptions = {}): Promise<AuthorizeAnswer> {
    const { hold } = this.#requireWork();
    const { body } = await hold.send<AuthorizeAnswer>(options.signal, (phase_token) => ({
      method: "POST",
      path: "/tools/authorize",
      body: { task_id: hold.task.id, phase_token, tool_name: name, args },
    }));
    return body;
  }

  /** Tells how an authorized call went. */
  async recordTool(call: RecordedCall, options: CallOptions = {}): Promise<RecordAnswer> {
    const { hold } = this.#requireWork();
    const body = { ...call, task_id: hold.task.id };
    const path = "/tools/record";
    return (await this.#transport.send<RecordAnswer>({ method: "POST", path, body, signal: options.signal })).body;
  }

  /** What the phase allows, what stands against the gate, and the calls that lead on. */
  async getStateSnapshot(options: CallOptions = {}): Promise<SnapshotAnswer> {
    const { hold } = this.#requireWork();
    const { body } = await hold.send<SnapshotAnswer>(options.signal, (token) => ({
      method: "GET",
      path: "/state/snapshot",
      headers: { "Phase-Token": token },
    }));
    return body;
  }

  /** Where the task stands, in Markdown under 1 kB: made to be put before a model. */
  async brief(options: CallOptions = {}): Promise<string> {
    const path = `/tasks/${encodeURIComponent(this.#requireWork().hold.task.id)}/brief`;
    return (await this.#transport.send<BriefAnswer>({ method: "GET", path, signal: options.signal })).body.brief;
  }

  /** The text of a file, whole or `limit` lines after `offset`. */
  async readFile(
    path: string,
    { signal, ...lines }: CallOptions & { readonly offset?: number; readonly limit?: number } = {},
  ): Promise<string> {
    return (await this.#tool("read_files", { path, ...lines }, signal)).content;
  }

  /** Writes a text file and the folders above it; `mode: "a"` appends. */
  writeFile(
    path: string,
    content: string,
    { signal, ...how }: CallOptions & { readonly mode?: "w" | "a" } = {},
  ): Promise<WriteFilesResult> {
    return this.#tool("write_files", { path, content, ...how }, signal);
  }

  /** Replaces a text that occurs exactly once, or everywhere with `replaceAll`. */
  editFile(
    path: string,
    change: { readonly oldText: string; readonly newText: string; readonly replaceAll?: boolean },
    { signal }: CallOptions = {},
  ): Promise<EditFilesResult> {
    const { oldText, newText, replaceAll } = change;
    const all = replaceAll === undefined ? {} : { replace_all: replaceAll };
    return this.#tool("edit_files", { path, old_text: oldText, new_text: newText, ...all }, signal);
  }

  /** Puts files back to what they were when the phase was entered. */
  restoreFiles(paths: readonly string[], { signal }: CallOptions = {}): Promise<RestoreFilesResult> {
    return this.#tool("restore_files", { paths: [...paths] }, signal);
  }

  /** Runs a command line. An exit code other than 0 is a result, not an error. */
  runCommand(
    command: string,
    { signal, timeoutSeconds, cwd }: CallOptions & { readonly timeoutSeconds?: number; readonly cwd?: string } = {},
  ): Promise<BashResult> {
    const timeout = timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds };
    return this.#tool("bash", { command, ...timeout, ...(cwd === undefined ? {} : { cwd }) }, signal);
  }

  /** Runs the workflow's tests, or a selection of them, and records what they reported. */
  runTests({
    signal,
    selection,
  }: CallOptions & { readonly selection?: string | readonly string[] } = {}): Promise<RunTestsResult> {
    const wanted = selection === undefined || typeof selection === "string" ? selection : [...selection];
    return this.#tool("run_tests", wanted === undefined ? {} : { selection: wanted }, signal);
  }

  /** Lines that match a regular expression, below `path` (default: the workspace). */
  grep(pattern: string, { signal, ...where }: CallOptions & GrepOptions = {}): Promise<GrepResult> {
    const { path = ".", contextLines, maxMatches } = where;
    const context = contextLines === undefined ? {} : { context_lines: contextLines };
    const bound = maxMatches === undefined ? {} : { max_matches: maxMatches };
    return this.#tool("grep", { pattern, path, ...context, ...bound }, signal);
  }

  /** Paths of the files that match a pattern. */
  async glob(
    pattern: string,
    { signal, ...where }: CallOptions & { readonly path?: string } = {},
  ): Promise<readonly string[]> {
    return (await this.#tool("glob", { pattern, ...where }, signal)).files;
  }

  /** What changed since the phase was entered, or since the base. */
  gitDiff({ signal, ...since }: CallOptions & { readonly since?: "entry" | "base" } = {}): Promise<GitDiffResult> {
    return this.#tool("git_diff", since, signal);
  }

  /** Commits the judged tree to the task's branch. */
  gitCommit(message: string, { signal }: CallOptions = {}): Promise<GitCommitResult> {
    return this.#tool("git_commit", { message }, signal);
  }

  /** Gives the task back, in the same phase, workspace intact. In a last phase whose artifacts are in, it completes. */
  release(reason?: string, options: CallOptions = {}): Promise<TaskAnswer> {
    return this.#end("release", reason, options.signal);
  }

  /** Gives the task up: no one is to go on with it. */
  fail(reason: string, options: CallOptions = {}): Promise<TaskAnswer> {
    return this.#end("fail", reason, options.signal);
  }

  /**
   * Stops the heartbeat and ends every call under way. The task stays held until its lease ends: claim it again with
   * `taskId` to go on, or `release` it before.
   */
  close(): void {
    this.#endWork();
    this.#transport.close();
  }

  /**
   * Gives the task back if one is held, and closes. Never throws, and never completes: in the last phase, where a
   * release would, the task is left to its lease.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const signal = AbortSignal.timeout(disposeMs);
      if (this.#work && !(await this.#mayComplete(signal)))
        await this.release("the client was disposed of", { signal });
    } catch {
      // What cannot be given back comes back when its lease ends.
    } finally {
      this.close();
    }
  }

  async #transition(target: string | null, options: TransitionOptions): Promise<TransitionResult> {
    const work = this.#requireWork();
    const { artifacts = {}, waitForApproval = false, respondAsync = false, pollMs = defaultPollMs, signal } = options;
    const asked = { target, artifacts: { ...artifacts } };
    const judged = await work.transitions.request(asked, { respondAsync, pollMs, signal });
    const result = this.#settle(work, judged);
    if (result.outcome !== "awaiting_approval" || !waitForApproval) return result;
    return this.#settle(work, await work.transitions.waitFor({ pollMs, signal }));
  }

  #settle(work: Work, result: TransitionResult): TransitionResult {
    if (this.#work !== work) return result;
    if (result.outcome === "completed") this.#endWork();
    // No lease runs while a person is awaited.
    else if (result.outcome === "awaiting_approval") work.heartbeat.stop();
    else this.#startHeartbeat(work.heartbeat);
    return result;
  }

  async #tool<Name extends string>(name: Name, args: JsonObject, signal: AbortSignal | undefined) {
    return (await this.useTool(name, args, signal ? { signal } : {})).result;
  }

  async #end(how: "release" | "fail", reason: string | undefined, signal?: AbortSignal): Promise<TaskAnswer> {
    const work = this.#requireWork();
    const { hold, heartbeat } = work;
    const beating = heartbeat.running;
    // First silent, then gone: a beat that crosses the release would report a hold that was lost.
    heartbeat.stop();
    try {
      const { body } = await hold.send<TaskAnswer>(signal, (phase_token) => ({
        method: "POST",
        path: `/tasks/${encodeURIComponent(hold.task.id)}/${how}`,
        body: { phase_token, ...(reason === undefined ? {} : { reason }) },
      }));
      if (this.#work === work) this.#endWork();
      return body;
    } catch (error) {
      if (beating && this.#work === work) this.#startHeartbeat(heartbeat);
      throw error;
    }
  }

  /** True in the last phase: its snapshot offers completion. */
  async #mayComplete(signal: AbortSignal): Promise<boolean> {
    const { next } = await this.getStateSnapshot({ signal });
    return (next as readonly NextCall[]).some((call) => call.path.endsWith("/complete"));
  }

  #circuitBreaker({ url, circuitBreaker }: AgentClientOptions): CircuitBreaker | null {
    if (circuitBreaker === false) return null;
    if (circuitBreaker instanceof CircuitBreaker) return circuitBreaker;
    return new CircuitBreaker({
      name: url,
      successThreshold: 1,
      timeoutSeconds: 10,
      onStateChange: ({ state }) => this.#onEvent({ type: "circuit", state }),
      ...circuitBreaker,
    });
  }

  #beginWork(claim: ClaimAnswer): Work {
    const hold = new Hold(claim, { transport: this.#transport, onEvent: this.#onEvent });
    const { heartbeat: wanted } = this.#options;
    const intervalMs = typeof wanted === "object" ? wanted.intervalMs : null;
    const heartbeat = new Heartbeat({ hold, intervalMs, random: Math.random, onEvent: this.#onEvent });
    this.#startHeartbeat(heartbeat);
    return { hold, transitions: new Transitions(this.#transport, hold), heartbeat };
  }

  /** Without a key the server takes no heartbeats, and the lease lasts as long as the token. */
  #startHeartbeat(heartbeat: Heartbeat): void {
    if (this.#options.heartbeat !== false && this.#options.key) heartbeat.start();
  }

  #endWork(): void {
    this.#work?.heartbeat.stop();
    this.#work = null;
  }

  #requireWork(): Work {
    if (this.#transport.closed.aborted) throw new PhasegateUsageError("the client was closed");
    if (!this.#work) throw new PhasegateUsageError("this client holds no task; claim one first");
    return this.#work;
  }
}

export interface GrepOptions {
  readonly path?: string;
  readonly contextLines?: number;
  readonly maxMatches?: number;
}

function traceHeadersOf({ traceparent }: AgentClientOptions): () => TraceHeaders {
  if (!traceparent) return globalTraceHeaders;
  return () => {
    const value = traceparent();
    return value === null ? {} : { traceparent: value };
  };
}
