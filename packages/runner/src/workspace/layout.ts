import path from "node:path";
import type { TaskId } from "@phasegate/wire";

/** Where the runner keeps what: everything below the data directory (0700) but, if configured, the workspaces. */
export class Layout {
  readonly root: string;
  readonly workspaces: string;

  constructor(options: { dataDir: string; workspacesDir: string | null }) {
    this.root = path.join(path.resolve(options.dataDir), "runner");
    this.workspaces = path.resolve(options.workspacesDir ?? path.join(options.dataDir, "workspaces"));
  }

  get mirrors(): string {
    return path.join(this.root, "mirrors");
  }
  get contents(): string {
    return path.join(this.root, "contents");
  }
  get manifests(): string {
    return path.join(this.root, "trees");
  }
  get bases(): string {
    return path.join(this.root, "bases");
  }
  get throwaways(): string {
    return path.join(this.root, "throwaways");
  }
  get pipes(): string {
    return path.join(this.root, "pipes");
  }
  get layers(): string {
    return path.join(this.root, "layers");
  }
  taskDirectory(task: TaskId): string {
    return path.join(this.root, "tasks", task);
  }
  /** The server's own git directory for a task: out of the sandbox, never the one in the workspace. */
  taskGitDir(task: TaskId): string {
    return path.join(this.taskDirectory(task), "git");
  }
  taskState(task: TaskId): string {
    return path.join(this.taskDirectory(task), "state.json");
  }
  workspace(task: TaskId): string {
    return path.join(this.workspaces, task);
  }
}
