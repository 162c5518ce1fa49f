import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A JavaScript runtime that the SDK promises to work under, and how it starts a script of this repository. */
export interface Runtime {
  readonly name: string;
  /** Null where it is not installed. */
  readonly program: string | null;
  readonly arguments: readonly string[];
}

/** What installs the runtimes that the packages of the repository do not bring. */
export const installCommand = "npm ci --prefix test/runtimes --ignore-scripts";

export const runtimes: readonly Runtime[] = [
  { name: "Node", program: process.execPath, arguments: [] },
  { name: "Bun", program: installed("@oven/bun-*/bin/bun{,.exe}"), arguments: ["run", "--no-install"] },
  {
    name: "Deno",
    program: installed("@deno/*/deno{,.exe}"),
    arguments: ["run", "--no-prompt", "--no-remote", "--no-lock", "--node-modules-dir=manual", "--allow-net=127.0.0.2"],
  },
];

/** The program that a package of one platform holds; its install script would only link it, so none is run. */
function installed(pattern: string): string | null {
  const folder = fileURLToPath(new URL("./node_modules/", import.meta.url));
  const [found] = globSync(pattern, { cwd: folder });
  return found === undefined ? null : join(folder, found);
}
