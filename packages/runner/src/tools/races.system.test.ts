import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@phasegate/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ToolOutcome } from "../port.ts";
import { defaultLimits } from "../sandbox/limits.ts";
import { openSandboxFixture, type SandboxFixture } from "../sandbox/sandboxes.fixture.ts";
import type { ContentStore } from "../tree/content-store.ts";
import { removeWhole } from "../tree/remove-whole.ts";
import { clearUnsupported, restorePaths } from "../tree/restore.ts";
import { ToolRefusal } from "./outcome.ts";
import { openToolExecutors, type ToolExecutors } from "./tool-executors.ts";
import { openForWriting, replaceFile } from "./write-target.ts";

let fixture: SandboxFixture;
let tools: ToolExecutors;
let workspace: string;
let outside: string;

beforeAll(async () => {
  fixture = await openSandboxFixture();
  tools = openToolExecutors();
  workspace = fixture.workspacePath;
  outside = join(fixture.root, "outside");
  mkdirSync(join(outside, "deep"), { recursive: true });
  writeFileSync(join(outside, "file"), "outside needle\n");
  writeFileSync(join(outside, "deep/file"), "outside needle\n");
  chmodSync(outside, 0o750);
});
afterAll(async () => {
  await tools.close();
  await fixture.close();
});

async function run(name: string, args: JsonObject): Promise<ToolOutcome> {
  return await tools.byName.get(name)!.run(args, {
    workspacePath: workspace,
    readOnlyMounts: [],
    sandbox: fixture.sandbox,
    network: "none",
    timeoutSeconds: 20,
    on: "workspace",
    limits: defaultLimits,
    signal: new AbortController().signal,
  });
}

/** A directory, a link to the outside, and a file take turns at one name, while `attempt` runs in rounds. */
async function whileSwapped(rounds: number, attempt: () => Promise<void> | void): Promise<void> {
  const script = `
    while true; do
      mkdir -p real/deep; echo 'inside needle' > real/file; echo 'inside needle' > real/deep/file
      mv -T real swap; mv -T swap real
      ln -s ${outside} swap; rm -f swap
      echo x > swap; rm -f swap
    done`;
  await beside(script, rounds, attempt);
}

/** Runs a script in the workspace, and `attempt` in rounds beside it. */
async function beside(script: string, rounds: number, attempt: () => Promise<void> | void): Promise<void> {
  for (const name of readdirSync(workspace)) rmSync(join(workspace, name), { recursive: true, force: true });
  const stop = new AbortController();
  const swapper = fixture.sh(`touch begun; ${script}`, { signal: stop.signal, timeoutMs: 30_000 });
  try {
    await expect.poll(() => existsSync(join(workspace, "begun"))).toBe(true);
    for (let round = 0; round < rounds; round += 1) {
      try {
        await attempt();
      } catch (error) {
        // What the system refuses in the middle of a swap is no answer of a tool, and did nothing.
        if (!(error instanceof ToolRefusal || (error instanceof Error && "code" in error))) throw error;
      }
    }
  } finally {
    stop.abort();
    await swapper;
  }
}

const untouched = { names: ["deep", "file"], below: ["file"], text: "outside needle\n", modes: [0o750, 0o644] };

function seenOutside(): typeof untouched {
  return {
    names: readdirSync(outside).sort(),
    below: readdirSync(join(outside, "deep")),
    text: readFileSync(join(outside, "file"), "utf8"),
    modes: [outside, join(outside, "file")].map((path) => statSync(path).mode & 0o777),
  };
}

test("an edit beside a swapping process changes nothing outside", async () => {
  await whileSwapped(600, async () => {
    await run("edit_files", { path: "swap/file", old_text: "needle", new_text: "changed" });
    await run("write_files", { path: "swap/deep/new", content: "x" });
  });
  expect(seenOutside()).toEqual(untouched);
});

test("a search beside a swapping process finds nothing outside", async () => {
  const seen = new Set<string>();
  await whileSwapped(300, async () => {
    for (const path of [".", "swap", "swap/deep"]) {
      seen.add(JSON.stringify(await run("grep", { pattern: "outside", path })));
      seen.add(JSON.stringify(await run("glob", { pattern: "**", path })));
    }
  });
  expect([...seen].filter((answer) => answer.includes("outside needle"))).toEqual([]);
  expect(seenOutside()).toEqual(untouched);
});

test("putting paths back beside a swapping process removes and changes nothing outside", async () => {
  const contents = {
    writeTo: (_content: unknown, descriptor: number) => writeFileSync(descriptor, "restored\n"),
  } as unknown as ContentStore;
  const entry = { type: "file", permissions: 0o600, content: "sha256:0" } as never;
  await whileSwapped(500, () => {
    restorePaths(workspace, contents, [
      { path: "swap/file", entry: null },
      { path: "swap/deep/file", entry },
    ]);
    clearUnsupported(workspace, [{ path: "swap", reason: "setgid" }]);
    restorePaths(workspace, contents, [{ path: "swap", entry }]);
    clearUnsupported(workspace, [{ path: "swap", reason: "nested_git" }]);
  });
  expect(seenOutside()).toEqual(untouched);
});

test("a command beside a swapping process begins in the workspace or is refused, and changes nothing outside", async () => {
  const seen = new Set<string>();
  // Long enough in its place to be found there, and gone before a sandbox is set up.
  const script = `mkdir real; echo inside needle > real/file; exec perl -e 'while (1) {
    rename "real", "swap"; select undef, undef, undef, 0.004; rename "swap", "real";
    symlink "${outside}", "swap"; select undef, undef, undef, 0.001; unlink "swap";
  }'`;
  await beside(script, 40, async () => {
    const outcome = await run("bash", { command: "pwd -P; cat file; echo x > left", cwd: "swap" });
    seen.add(outcome.status === "completed" ? JSON.stringify(outcome.result["stdout"]) : outcome.code);
  });
  const allowed = ['"/workspace/swap\\n"', '"/workspace/real\\n"', "tool_failed", "path_outside_workspace"];
  expect([...seen].filter((what) => !allowed.includes(what.replace("inside needle\\n", "")))).toEqual([]);
  expect(seenOutside()).toEqual(untouched);
});

test("removing a directory beside a swapping process removes nothing outside", async () => {
  const script = `mkdir spare; exec perl -e 'while (1) {
    rename "doomed/a", "spare/a"; symlink "${outside}", "doomed/a"; unlink "doomed/a"; rename "spare/a", "doomed/a";
  }'`;
  await beside(script, 200, () => {
    mkdirSync(join(workspace, "fresh/a/b"), { recursive: true });
    writeFileSync(join(workspace, "fresh/a/b/file"), "x");
    try {
      removeWhole(join(workspace, "doomed"));
    } finally {
      renameSync(join(workspace, "fresh"), join(workspace, "doomed"));
    }
  });
  expect(seenOutside()).toEqual(untouched);
});

test("a file in a directory that moves back and forth is the new one where the write succeeded, else the old", async () => {
  const script = `mkdir held; exec perl -e 'while (1) { rename "held", "away"; rename "away", "held"; }'`;
  const outcomes = { written: 0, refused: 0 };
  const present = (): string => {
    for (;;) {
      for (const name of ["held", "away"]) {
        if (existsSync(join(workspace, name, "file"))) {
          try {
            return readFileSync(join(workspace, name, "file"), "utf8");
          } catch {
            // It moved between look and use.
          }
        }
      }
    }
  };
  let last: string | null = null;
  await beside(script, 1_500, async () => {
    using target = openForWriting("held/file", workspace, { makeDirectories: false });
    const text = String(outcomes.written + outcomes.refused);
    try {
      await replaceFile(target, null, async (descriptor) => writeFileSync(descriptor, text));
      outcomes.written += 1;
      last = text;
    } catch (error) {
      if (!(error instanceof ToolRefusal)) throw error;
      outcomes.refused += 1;
    }
    if (last !== null) expect(present()).toBe(last);
  });
  expect(Math.min(outcomes.written, outcomes.refused)).toBeGreaterThan(0);
  const directory = readdirSync(workspace).find((name) => name !== "begun") ?? "";
  expect(readdirSync(join(workspace, directory))).toEqual(["file"]);
});

test("directories nested without end are refused by a search, not followed", async () => {
  let path = join(workspace, "nested");
  for (let depth = 0; depth < 250; depth += 1) path = join(path, "d");
  mkdirSync(path, { recursive: true });
  expect(await run("glob", { pattern: "**", path: "nested" })).toMatchObject({ code: "payload_too_large" });
  rmSync(join(workspace, "nested"), { recursive: true });
});
