import { spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { processesWith } from "./sandboxes.fixture.ts";

const root = mkdtempSync(join(tmpdir(), "phasegate-killed-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/**
 * Bubblewrap whose first process follows nobody's end, in a session of its own: as it is for a moment while it starts,
 * after `setsid` and before PR_SET_PDEATHSIG, when its parent is killed then.
 */
const deaf = `#!/bin/bash
for argument; do shift; [ "$argument" = --die-with-parent ] || set -- "$@" "$argument"; done
setsid bwrap "$@" &
wait $!
`;

interface Kill {
  readonly name: string;
  readonly on?: "workspace" | "throwaway";
  readonly bubblewrap?: string;
  /** The moment: of all that the command started, the processes that are its own yet, and those that are bubblewrap's. */
  readonly when: (own: number, starting: number) => boolean;
}

const kills: readonly Kill[] = [
  { name: "while its sandbox starts", when: (_, starting) => starting > 0 },
  { name: "while its sandbox starts on a throwaway", on: "throwaway", when: (_, starting) => starting > 0 },
  { name: "while it runs", when: (own) => own > 2 },
  { name: "while it runs on a throwaway", on: "throwaway", when: (own) => own > 2 },
  { name: "and does not hear of it", bubblewrap: join(root, "deaf"), when: (own) => own > 2 },
];

test.for(kills)("a server that is killed takes its command with it: $name", async (kill, { skip }) => {
  skip(spawnSync("bwrap", ["--version"]).status !== 0, "this machine has no bubblewrap");
  writeFileSync(join(root, "deaf"), deaf, { mode: 0o755 });
  const seconds = `97${String(randomInt(1e8, 1e9))}`;
  const directory = join(root, seconds);
  mkdirSync(directory);
  const fixture = join(import.meta.dirname, "killed-server.fixture.ts");
  const args = [
    fixture,
    directory,
    kill.on ?? "workspace",
    seconds,
    ...(kill.bubblewrap === undefined ? [] : [kill.bubblewrap]),
  ];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(server.stdout, "data");
  const begun = () => processesWith(seconds).filter((id) => id !== String(server.pid));
  const hasCome = () => {
    const ids = begun();
    // Until it is the command's own, a process has the arguments of bubblewrap.
    const starting = processesWith("--unshare-all").filter((id) => ids.includes(id)).length;
    return kill.when(ids.length - starting, starting);
  };
  await expect.poll(hasCome, { interval: 1 }).toBe(true);
  server.kill("SIGKILL");
  await expect.poll(begun).toEqual([]);
});
