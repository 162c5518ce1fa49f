import { join } from "node:path";
import { onTestFinished } from "vitest";
import { BinServer, runBin } from "./bin-server.ts";
import type { BinOptions, Ended } from "./bin-server.ts";
import { makeRepository, temporaryDirectory } from "./repository.ts";

const workflow = (name: string) => `
name: ${name}
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**"] }
  - { id: DONE, tools: [read] }
`;

/** Where a fault is tried: a repository with `src/a.txt`, a data directory, and servers of the real command over them. */
export class FaultBed {
  readonly path: string;
  readonly options: BinOptions;

  /** It goes when the test ends that makes it, with the servers that still run. */
  constructor(name: string) {
    const { path, remove } = temporaryDirectory(name);
    onTestFinished(remove);
    const files = { "agent_workflow.yaml": workflow(name), "src/a.txt": "a\n" };
    this.path = path;
    this.options = {
      repository: makeRepository(join(path, "repository"), files),
      dataDirectory: join(path, "data"),
      settings: { RUNNER_SANDBOX: "off" },
    };
  }

  async start(options: BinOptions = this.options): Promise<BinServer> {
    const server = await BinServer.start(options);
    onTestFinished(async () => void (await server.end("SIGKILL")));
    return server;
  }

  /** Runs a command on the data directory. */
  run(command: readonly string[], options: BinOptions = this.options): Promise<Ended> {
    return runBin([...command, "--data-dir", options.dataDirectory], options);
  }

  verify(options: BinOptions = this.options): Promise<Ended> {
    return this.run(["audit", "verify"], options);
  }
}
