import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Spawner } from "../spawner/spawner.ts";
import { openSandbox } from "./open-sandbox.ts";
import { defaultLimits } from "./limits.ts";

/**
 * A server that runs one long command until it is killed, and says before that it is going to. Arguments: root, where the
 * command runs, how long, what to take for bubblewrap.
 */
const [root = "", on, seconds = "", bubblewrap = "bwrap"] = process.argv.slice(2);
const dataDir = join(root, "data");
const workspacePath = join(root, "workspace");
for (const directory of [dataDir, workspacePath]) mkdirSync(directory);
const sandbox = await openSandbox({
  spawner: await Spawner.open({ pipesDirectory: join(root, "pipes") }),
  // Another program may fall short of what is required, which is not what is tried.
  mode: bubblewrap === "bwrap" ? "required" : "auto",
  bubblewrap,
  dataDir,
  scratchDir: join(dataDir, "scratch"),
  environment: {},
});
process.stdout.write("opened");
await sandbox.run({
  argv: ["sh", "-c", `setsid sleep ${seconds} & sleep ${seconds}`],
  workspacePath,
  on: on === "throwaway" ? "throwaway" : "workspace",
  watched: on === "throwaway" ? ["any"] : [],
  cwd: "",
  readOnlyMounts: [],
  network: "none",
  timeoutMs: 600_000,
  limits: defaultLimits,
  signal: new AbortController().signal,
});
