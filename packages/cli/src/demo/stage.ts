import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunningServer } from "@phasegate/server";
import type { ClaimAnswer, CreatedKeyAnswer, TaskAnswer } from "@phasegate/wire";
import { httpClient, type HttpClient } from "../client/http-client.ts";
import type { Actor } from "./attack-case.ts";

const sampleFolder = fileURLToPath(new URL("../../../../examples/sample-repo", import.meta.url));

export interface StageOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In place of the sample repository's own. */
  readonly workflow?: string;
  /** `off`: as on a machine without an OS sandbox. */
  readonly sandbox?: "auto" | "off";
}

/** A server over a copy of the sample repository, its principals, the task, and a second task that another agent holds. */
export interface Stage extends AsyncDisposable {
  readonly server: RunningServer;
  readonly repository: string;
  readonly dataDirectory: string;
  readonly keys: Readonly<Record<Actor, string | null>>;
  readonly taskId: string;
  readonly other: { readonly taskId: string; readonly token: string; readonly workspace: string };
  client(actor: Actor): HttpClient;
  /** Stops the server; the ledger stays on disk until the stage is disposed of. */
  stop(): Promise<void>;
}

/** Nothing is left on the machine when the stage is disposed of, or when it cannot be set. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), "phasegate-demo-"));
  try {
    return await build(home, options);
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

async function build(home: string, options: StageOptions): Promise<Stage> {
  const repository = copySample(join(home, "durations"), options.workflow);
  const dataDirectory = join(home, "data");
  const operatorKey = randomBytes(32).toString("base64url");
  const { startServer } = await import("@phasegate/server");
  const server = await startServer({
    cwd: repository,
    env: { PATH: options.env["PATH"], HOME: home, PHASEGATE_OPERATOR_KEY: operatorKey },
    overrides: {
      "server.port": 0,
      "storage.data_dir": dataDirectory,
      "logging.level": "silent",
      "runner.sandbox": options.sandbox ?? "auto",
    },
  });
  let stopped: Promise<void> | null = null;
  const stop = () => (stopped ??= server.close());
  try {
    const operator = httpClient({ server: server.url, key: operatorKey });
    const keys = await makeKeys(operator, operatorKey);
    const client = (actor: Actor) => httpClient({ server: server.url, key: keys[actor] });
    const other = await holdAnotherTask(operator, client("other_agent"));
    const { id: taskId } = await operator.post<TaskAnswer>("/tasks", {
      title: "Round durations to a unit",
      description: "roundDuration(milliseconds, unit) answers the nearest whole number of that unit, in milliseconds.",
    });
    const dispose = async (): Promise<void> => {
      await stop();
      rmSync(home, { recursive: true, force: true });
    };
    return {
      server,
      repository,
      dataDirectory,
      keys,
      taskId,
      other,
      client,
      stop,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A copy with one commit. Needs nothing of the user's git configuration. */
function copySample(repository: string, workflow: string | undefined): string {
  cpSync(sampleFolder, repository, { recursive: true });
  if (workflow !== undefined) writeFileSync(join(repository, "agent_workflow.yaml"), workflow);
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", repository, "-c", "user.name=demo", "-c", "user.email=demo@localhost", ...args], {
      stdio: "pipe",
    });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "Read and write durations");
  return repository;
}

async function makeKeys(operator: HttpClient, operatorKey: string): Promise<Stage["keys"]> {
  const make = async (body: object) => (await operator.post<CreatedKeyAnswer>("/keys", body)).key;
  const person = await make({ name: "maria", kind: "person", roles: ["approver"] });
  // The attacker has a second principal under the same owner, with every role that an agent can ask for.
  await make({ name: "carl", kind: "person", roles: ["agent"] });
  return {
    operator: operatorKey,
    person,
    agent: await make({ name: "agent-1", kind: "agent", roles: ["agent"], owner: "carl" }),
    twin: await make({ name: "agent-1-twin", kind: "agent", roles: ["agent", "reviewer"], owner: "carl" }),
    other_agent: await make({ name: "agent-2", kind: "agent", roles: ["agent"] }),
    reviewer: await make({ name: "reviewer-1", kind: "agent", roles: ["agent", "reviewer"] }),
    nobody: null,
  };
}

async function holdAnotherTask(operator: HttpClient, agent: HttpClient): Promise<Stage["other"]> {
  const { id } = await operator.post<TaskAnswer>("/tasks", { title: "Somebody else's work" });
  const claim = await agent.post<ClaimAnswer>("/tasks/claim", { agent_id: "agent-2", task_id: id });
  return { taskId: id, token: claim.phase_token, workspace: claim.workspace.path };
}
