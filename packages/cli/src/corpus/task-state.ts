import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { KeyListAnswer } from "@phasegate/wire";
import type { Player } from "./player.ts";

/** What is compared, by name: a path of the workspace, or words. */
export type StateOfTask = ReadonlyMap<string, string>;

/** All that an attack could have gained: every file, and where the task stands. Read past the agent's own eyes. */
export async function readState(player: Player): Promise<StateOfTask> {
  const { stage, task, other } = player;
  const now = await player.state();
  const state = new Map(filesBelow(task.workspace));
  for (const [path, content] of filesBelow(other.workspace)) state.set(`other task's ${path}`, content);
  for (const [path, content] of filesBelow(stage.repository)) state.set(`repository's ${path}`, content);
  state.set("repository's branch", readFileSync(join(stage.repository, ".git/refs/heads/main"), "utf8"));
  state.set("the task's status", `${now.status}${now.overridden ? ", overridden" : ""}`);
  state.set("the task's phase", `${now.phase}, entry ${now.entry}`);
  state.set("the task's holder", now.holder?.principal ?? "none");
  state.set("approvals", JSON.stringify(now.approvals.map(({ id, status }) => [id, status])));
  const { keys } = await (await stage.client("operator")).get<KeyListAnswer>("/keys");
  state.set("keys", String(keys.filter(({ name }) => !name.startsWith("crowd-")).length));
  return state;
}

/**
 * What of the clone's git decides how later commands behave. It is nobody's gain, and so compared only to know whether
 * another case can be played on the task.
 */
export function readClone({ task }: Player): StateOfTask {
  const git = join(task.workspace, ".git");
  if (!lstatSync(git, { throwIfNoEntry: false })?.isDirectory()) return new Map([["the clone", "is gone"]]);
  const kept = readdirSync(git).filter(
    (name) => !["index", "objects", "logs", "FETCH_HEAD", "ORIG_HEAD"].includes(name),
  );
  const below = kept.flatMap((name) => filesBelow(git, name));
  return new Map(below.map(([path, content]) => [`the clone's ${path}`, content]));
}

/** The names of what differs. */
export function changesBetween(before: StateOfTask, after: StateOfTask): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

/** Every file below a folder with its mode and content, but git's own data. */
function filesBelow(folder: string, below = ""): readonly (readonly [string, string])[] {
  const place = lstatSync(join(folder, below));
  if (place.isFile()) return [[below, `${place.mode}:${readFileSync(join(folder, below), "latin1")}`]];
  if (!place.isDirectory()) return [[below, `special ${place.mode}`]];
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (path === ".git") return [];
    const full = join(folder, path);
    if (entry.isDirectory()) return [[path, "folder"] as const, ...filesBelow(folder, path)];
    if (entry.isSymbolicLink()) return [[path, `link to ${readlinkSync(full)}`] as const];
    const { mode } = lstatSync(full);
    return [[path, entry.isFile() ? `${mode}:${readFileSync(full, "latin1")}` : `special ${mode}`] as const];
  });
}
