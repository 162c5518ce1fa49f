import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Spawner } from "../spawner/spawner.ts";
import { openSandbox } from "./open-sandbox.ts";
import { defaultLimits } from "./limits.ts";

/** A server that runs one long command until it is killed. Arguments: root, where the command runs, how long. */
const [root = "", on, seconds = ""] = process.argv.slice(2);
const dataDir = join(root, "data");
const workspacePath = join(root, "workspace");
for (const directory of [dataDir, workspacePath]) mkdirSync(directory);
const sandbox = await openSandbox({
  spawner: await Spawner.open({ pipesDirectory: join(root, "pipes") }),
  mode: "required",
  dataDir,
  scratchDir: join(dataDir, "scratch"),
  environment: {},
});
await sandbox.run({
  argv: ["sh", "-c", `setsid sleep ${seconds} & sleep ${seconds}`],
  workspacePath,
  on: on === "throwaway" ? "throwaway" : "workspace",
  cwd: "",
  readOnlyMounts: [],
  network: "none",
  timeoutMs: 600_000,
  limits: defaultLimits,
  signal: new AbortController().signal,
});
