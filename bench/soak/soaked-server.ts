import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyLedger } from "@phasegate/ledger/verify";
import { Api } from "../../test/harness/api.ts";
import { makeRepository } from "../../test/harness/repository.ts";
import { benchOperatorKey } from "../setup.ts";
import type { ServerFigures } from "./serve.ts";

const workflow = `
name: soak
evidence:
  tests: { preset: node, retries: 0 }
phases:
  - { id: PLAN, tools: [read, edit], write: ["docs/**"], gate: { approval: human } }
  - { id: WORK, tools: [read, edit, run], write: ["src/**", "test/**"], gate: green }
  - { id: DONE, tools: [read, git_commit] }
`;

const files = {
  "agent_workflow.yaml": workflow,
  "package.json": '{ "name": "soak", "type": "module", "private": true }\n',
  "docs/plan.md": "nothing yet\n",
  "src/one-kilobyte.txt": `${"x".repeat(63)}\n`.repeat(16),
  "src/value.js": "export const value = 1;\n",
  "test/value.test.js": [
    'import { test } from "node:test";',
    'import assert from "node:assert";',
    'import { value } from "../src/value.js";',
    'test("is a number", () => assert.equal(typeof value, "number"));',
    "",
  ].join("\n"),
};

/** The product under the soak, in a process of its own, with its data in a temporary folder. */
export class SoakedServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #directory: string;
  #log = "";

  private constructor(url: string, child: ChildProcess, directory: string) {
    this.url = url;
    this.#child = child;
    this.#directory = directory;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
  }

  static async start(): Promise<SoakedServer> {
    const directory = mkdtempSync(join(tmpdir(), "phasegate-soak-"));
    const repository = makeRepository(join(directory, "repository"), files);
    const settings = {
      "runner.keep_ended_workspaces_hours": 0,
      "health.min_free_disk_mb": 0,
      // Full soon, so that what grows afterwards is a leak.
      "events.max_history": 2_000,
      "server.transition_wait_seconds": 60,
    };
    const child = fork(
      fileURLToPath(new URL("serve.ts", import.meta.url)),
      [repository, join(directory, "data"), JSON.stringify(settings)],
      {
        execArgv: ["--expose-gc", "--import", new URL("threads.ts", import.meta.url).href],
        env: { PATH: process.env["PATH"], HOME: directory, PHASEGATE_OPERATOR_KEY: benchOperatorKey },
        stdio: ["ignore", "pipe", "inherit", "ipc"],
      },
    );
    const url = await Promise.race([
      once(child, "message").then(([message]) => String(message)),
      once(child, "exit").then(([code]) => {
        throw new Error(`the server ended with ${String(code)} before it was ready`);
      }),
    ]);
    return new SoakedServer(url, child, directory);
  }

  get operator(): Api {
    return new Api(this.url, benchOperatorKey);
  }

  /** The last of what it logged at `warn` and above. */
  get log(): string {
    return this.#log;
  }

  get #ledger(): string {
    return join(this.#directory, "data", "ledger.sqlite");
  }

  async figures(): Promise<ServerFigures> {
    const answer = once(this.#child, "message") as Promise<[ServerFigures]>;
    this.#child.send("figures");
    return (await answer)[0];
  }

  /** With the part that is still in the log of the database. */
  ledgerBytes(): number {
    return ["", "-wal"]
      .map((suffix) => this.#ledger + suffix)
      .reduce((bytes, file) => bytes + (existsSync(file) ? statSync(file).size : 0), 0);
  }

  /** Ends it, verifies its ledger and takes its data away; answers what does not verify, or null. */
  async end(): Promise<string | null> {
    try {
      const ended = once(this.#child, "exit");
      this.#child.disconnect();
      const [code] = (await ended) as [number | null];
      if (code !== 0) return `the server ended with ${code}`;
      const report = await verifyLedger({ file: this.#ledger });
      return report.ok ? null : `the ledger does not verify: ${JSON.stringify(report.firstBad)}`;
    } finally {
      rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  #keep(text: string): void {
    this.#log = (this.#log + text).slice(-20_000);
  }
}
