import { bash } from "./bash.ts";
import { editFiles } from "./edit-files.ts";
import type { ToolExecutor } from "./executor.ts";
import { readTool } from "./read-files.ts";
import { globTool, grepTool } from "./search/search-tools.ts";
import { SearchWorkers } from "./search/search-workers.ts";
import { writeFiles } from "./write-files.ts";

/** The tools that need nothing but a workspace and a sandbox, by name. */
export interface ToolExecutors {
  readonly byName: ReadonlyMap<string, ToolExecutor>;
  /** Ends the threads that search. */
  close(): Promise<void>;
}

export function openToolExecutors(): ToolExecutors {
  const workers = new SearchWorkers();
  const tools = [readTool(workers), writeFiles, editFiles, bash, grepTool(workers), globTool(workers)];
  return { byName: new Map(tools.map((tool) => [tool.name, tool])), close: () => workers.close() };
}
