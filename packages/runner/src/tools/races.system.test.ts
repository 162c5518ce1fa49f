import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@phasegate/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ToolOutcome } from "../port.ts";
import { defaultLimits } from "../sandbox/limits.ts";
import { openSandboxFixture, type SandboxFixture } from "../sandbox/sandboxes.fixture.ts";
import type { ContentStore } from "../tree/content-store.ts";
import { clearUnsupported, restorePaths } from "../tree/restore.ts";
import { openToolExecutors, type ToolExecutors } from "./tool-executors.ts";

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
  rmSync(join(workspace, "swap"), { recursive: true, force: true });
  rmSync(join(workspace, "real"), { recursive: true, force: true });
  const stop = new AbortController();
  const script = `
    while true; do
      mkdir -p real/deep; echo 'inside needle' > real/file; echo 'inside needle' > real/deep/file
      mv -T real swap; mv -T swap real
      ln -s ${outside} swap; rm -f swap
      echo x > swap; rm -f swap
    done`;
  const swapper = fixture.sh(script, { signal: stop.signal, timeoutMs: 30_000 });
  try {
    for (let round = 0; round < rounds; round += 1) {
      try {
        await attempt();
      } catch (error) {
        // What the system refuses in the middle of a swap is no answer of a tool, and did nothing.
        if (!(error instanceof Error && "code" in error)) throw error;
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

test("directories nested without end are refused by a search, not followed", async () => {
  let path = join(workspace, "nested");
  for (let depth = 0; depth < 250; depth += 1) path = join(path, "d");
  mkdirSync(path, { recursive: true });
  expect(await run("glob", { pattern: "**", path: "nested" })).toMatchObject({ code: "payload_too_large" });
  rmSync(join(workspace, "nested"), { recursive: true });
});
