import { join } from "node:path";
import { startServer } from "@phasegate/server";
import type { RunningServer } from "@phasegate/server";
import { Api } from "./api.ts";
import { makeRepository, temporaryDirectory } from "./repository.ts";

export const operatorKey = "operator-key-of-the-tests-with-more-than-32-characters";

export interface TestServerOptions {
  /** Text of agent_workflow.yaml. */
  readonly workflow: string;
  /** Files of the repository's first commit, besides the workflow. */
  readonly files?: Readonly<Record<string, string>>;
  /** Changes the repository before the server starts. */
  readonly prepare?: (repository: string) => void;
  /** Stands in for the machine's clock. */
  readonly clock?: { now(): number };
  /** Directories outside /usr that commands may read. */
  readonly toolchainDirs?: readonly string[];
  /** Settings, as `server.port`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A real server on an ephemeral port, over a real repository, with its data in a temporary directory. */
export class TestServer {
  readonly directory: string;
  readonly repository: string;
  readonly #options: TestServerOptions;
  readonly #remove: () => void;
  #running: RunningServer | null = null;

  private constructor(options: TestServerOptions) {
    const { path, remove } = temporaryDirectory("server");
    this.#options = options;
    this.#remove = remove;
    this.directory = path;
    this.repository = makeRepository(join(path, "repository"), {
      ...options.files,
      "agent_workflow.yaml": options.workflow,
    });
    options.prepare?.(this.repository);
  }

  static async start(options: TestServerOptions): Promise<TestServer> {
    const server = new TestServer(options);
    try {
      await server.open();
    } catch (error) {
      server.#remove();
      throw error;
    }
    return server;
  }

  get url(): string {
    if (!this.#running) throw new Error("the server is not running");
    return this.#running.url;
  }

  get running(): RunningServer {
    if (!this.#running) throw new Error("the server is not running");
    return this.#running;
  }

  /** Calls without a key. */
  get anonymous(): Api {
    return new Api(this.url, null);
  }

  get operator(): Api {
    return new Api(this.url, operatorKey);
  }

  /** A new principal and calls under its key. */
  async withKey(kind: "person" | "agent" | "service", name: string, roles: readonly string[]): Promise<Api> {
    const answer = await this.operator.post("/keys", { name, kind, roles });
    if (answer.status !== 201) throw new Error(`no key was made: ${JSON.stringify(answer.body)}`);
    return new Api(this.url, String(answer.body["key"]));
  }

  agent(name: string): Promise<Api> {
    return this.withKey("agent", name, ["agent"]);
  }

  async open(): Promise<void> {
    this.#running = await startServer({
      cwd: this.repository,
      checkAnswers: true,
      env: { PATH: process.env["PATH"], HOME: this.directory, PHASEGATE_OPERATOR_KEY: operatorKey },
      ...(this.#options.clock ? { clock: this.#options.clock } : {}),
      toolchainDirs: this.#options.toolchainDirs ?? [],
      overrides: {
        "server.port": 0,
        "storage.data_dir": join(this.directory, "data"),
        "logging.level": "silent",
        ...this.#options.settings,
      },
    });
  }

  /** Stops the server; its data stay for the next `open`. */
  async close(): Promise<void> {
    await this.#running?.close();
  }

  async restart(): Promise<void> {
    await this.close();
    await this.open();
  }

  async stop(): Promise<void> {
    await this.close();
    this.#remove();
  }
}
