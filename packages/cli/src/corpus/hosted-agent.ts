import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { CommandFailure, exitCodes } from "../failure.ts";
import type { Answer } from "./answer.ts";
import { runPhasegate } from "./outside.ts";
import { type HeldTask, nameOf, type Stage } from "./stage.ts";
import type { StepOf } from "./step.ts";

type HookStep = StepOf<"hook">;

const program = fileURLToPath(new URL("../../bin/phasegate-hook.mjs", import.meta.url));
/** The host's own; what takes longer went through. */
const hostTimeoutMs = 30_000;

/**
 * A coding agent whose host asks the installed hook before each of its tools: runs the command line that is in the
 * host's settings, as the host would, and takes its answer as the host would.
 */
export class HostedAgent {
  readonly #stage: Stage;
  readonly #task: HeldTask;
  readonly #folder: string;

  private constructor(stage: Stage, task: HeldTask) {
    this.#stage = stage;
    this.#task = task;
    this.#folder = join(dirname(stage.repository), "hosts", task.taskId);
  }

  /** Installed, and bound to the task of an actor, by the command line. */
  static async seat(stage: Stage, task: HeldTask, actor: string): Promise<HostedAgent> {
    const agent = new HostedAgent(stage, task);
    mkdirSync(agent.#folder, { recursive: true });
    const bindings = ["--bindings", agent.#bindings];
    const within = ["--within", dirname(task.workspace)];
    await agent.#cli(["hook", "install", "claude-code", "--settings", agent.#settings, ...bindings, ...within], null);
    const key = await stage.keyOf(actor);
    const whose = ["--task", task.taskId, "--agent", nameOf(actor)];
    await agent.#cli(["hook", "bind", "claude-code", ...whose, ...bindings], key);
    return agent;
  }

  /** What the host would make of one hook: 403 where it blocks, with the code that the hook gave; else 200. */
  async ask(step: HookStep): Promise<Answer> {
    const repair = this.#breakBinding(step.broken);
    const standIn = step.answers === undefined ? null : await standInServer(step.answers);
    const restore = standIn === null ? () => undefined : this.#pointTo(urlOf(standIn));
    try {
      return await this.#run(step);
    } finally {
      restore();
      repair();
      standIn?.closeAllConnections();
      standIn?.close();
    }
  }

  async #run(step: HookStep): Promise<Answer> {
    const event = step.event ?? "PreToolUse";
    const settings = JSON.parse(readFileSync(this.#settings, "utf8")) as InstalledHooks;
    const installed = settings.hooks[event]?.[0]?.hooks[0]?.command ?? settings.hooks.PreToolUse[0].hooks[0].command;
    const command = this.#broken(installed, step.broken);
    const cwd = step.cwd ?? this.#task.workspace;
    const isHostile = step.broken === "environment";
    const child = spawn("/bin/sh", ["-c", command], {
      cwd: step.runs_in ?? cwd,
      env: {
        PATH: isHostile ? this.#hostilePath() : process.env["PATH"],
        HOME: this.#folder,
        CLAUDE_PROJECT_DIR: step.session ?? cwd,
        ...(isHostile ? { NODE_OPTIONS: `--require=${this.#file("evil.cjs", "process.exit(10)")}` } : {}),
      },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: hostTimeoutMs,
      killSignal: "SIGKILL",
    });
    child.stdin.on("error", () => undefined);
    child.stdin.write(payloadOf(step, event, cwd));
    if (step.broken !== "input_open") child.stdin.end();
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number | null]>,
    ]);
    const exit_code = code ?? 255;
    const isDenied = exit_code === 2 || /"permissionDecision":\s*"deny"/.test(stdout);
    const named = /\[([a-z_]+)\]/.exec(stderr)?.[1];
    const body = { exit_code, stdout, stderr, ...(named === undefined ? {} : { code: named }) };
    return { status: isDenied ? 403 : 200, body, text: stdout + stderr };
  }

  /** The installed command line over an installation that something happened to. */
  #broken(command: string, broken: HookStep["broken"]): string {
    const node = (path: string): string => command.replace(process.execPath, path);
    const hook = (path: string): string => command.replace(program, path);
    switch (broken) {
      case "node_missing":
        return node(join(this.#folder, "nowhere"));
      case "node_not_executable":
        return node(this.#file("node-0644", "#!/bin/sh\nexit 10\n"));
      case "node_fails":
        return node("/bin/false");
      case "node_does_nothing":
        return node("/bin/true");
      case "node_killed":
        return node(this.#file("node-killed", "#!/bin/sh\nkill -KILL $$\n", 0o755));
      case "program_missing":
        return hook(join(this.#folder, "nowhere.mjs"));
      case "program_empty":
        return hook(this.#file("empty.mjs", ""));
      case "program_malformed":
        return hook(this.#file("malformed.mjs", "import {"));
      case "program_throws":
        return hook(this.#file("throws.mjs", "throw new Error('no');"));
      case "program_exits":
        return hook(this.#file("exits.mjs", "process.exit(0);"));
      default:
        return command;
    }
  }

  /** Undone by what it answers. */
  #breakBinding(broken: HookStep["broken"]): () => void {
    const file = this.#bindingFile;
    const kept = readFileSync(file, "utf8");
    const putBack = (): void => {
      rmSync(file, { recursive: true, force: true });
      writeFileSync(file, kept, { mode: 0o600 });
    };
    switch (broken) {
      case "binding_cut":
        writeFileSync(file, kept.slice(0, 20));
        return putBack;
      case "binding_open":
        chmodSync(file, 0o666);
        return putBack;
      case "binding_folder":
        rmSync(file);
        mkdirSync(file);
        return putBack;
      case "binding_gone":
        rmSync(file);
        return putBack;
      case "bindings_gone":
        renameSync(this.#bindings, `${this.#bindings}-away`);
        return () => renameSync(`${this.#bindings}-away`, this.#bindings);
      default:
        return () => undefined;
    }
  }

  #pointTo(server: string): () => void {
    const file = this.#bindingFile;
    const kept = readFileSync(file, "utf8");
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(kept) as object), server }));
    return () => writeFileSync(file, kept);
  }

  /** Programs of the agent's making under the names that a hook might call. */
  #hostilePath(): string {
    for (const name of ["node", "env", "sh", "["]) this.#file(`path/${name}`, "#!/bin/sh\nexit 10\n", 0o755);
    return `${join(this.#folder, "path")}:/usr/bin:/bin`;
  }

  #file(name: string, content: string, mode = 0o644): string {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  get #settings(): string {
    return join(this.#folder, "settings.json");
  }

  get #bindings(): string {
    return join(this.#folder, "bindings");
  }

  get #bindingFile(): string {
    const name = readdirSync(this.#bindings).find((one) => one.endsWith(".json"));
    return join(this.#bindings, name ?? "none.json");
  }

  async #cli(cli: readonly string[], key: string | null): Promise<void> {
    const cwd = this.#stage.repository;
    const { status, text: said } = await runPhasegate({ cli, stdin: undefined, cwd, url: this.#stage.url, key });
    if (status !== 200) throw new CommandFailure(exitCodes.refused, `\`phasegate ${cli.join(" ")}\`: ${said}`);
  }
}

interface InstalledHooks {
  readonly hooks: { readonly PreToolUse: readonly [HookGroup] } & Readonly<Record<string, readonly HookGroup[]>>;
}

interface HookGroup {
  readonly hooks: readonly [{ readonly command: string }];
}

/** What a host sends; null in `payload` takes a member away. */
function payloadOf(step: HookStep, event: string, cwd: string): string {
  if (step.raw !== undefined) return step.raw as string;
  const payload = {
    session_id: "session-1",
    transcript_path: "/nowhere/session-1.jsonl",
    cwd,
    permission_mode: "default",
    hook_event_name: event,
    tool_name: step.hook,
    tool_input: step.input ?? {},
    tool_use_id: `toolu_${step.hook}`,
    ...step.payload,
  };
  return JSON.stringify(payload, (_name, value: unknown) => (value === null ? undefined : value));
}

/** A server that is none: it gives tokens, and answers all else as it is told. */
async function standInServer(answers: NonNullable<HookStep["answers"]>): Promise<Server> {
  const { status = 200, body = "", type = "application/json", location, silent = false, cut = false } = answers;
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith("/token") && answers.token !== false) {
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"phase_token":"a.b.c"}');
      return;
    }
    if (silent) return;
    const content = body as string;
    response.writeHead(status, {
      "Content-Type": type,
      ...(location === undefined ? {} : { Location: location }),
      ...(cut ? { "Content-Length": content.length + 10 } : {}),
    });
    if (cut) response.write(content, () => response.destroy());
    else response.end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
