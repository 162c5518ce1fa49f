import type { JsonObject } from "@phasegate/wire";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ToolOutcome } from "../port.ts";
import { defaultLimits } from "../sandbox/limits.ts";
import { openSandboxFixture, type SandboxFixture } from "../sandbox/sandboxes.fixture.ts";
import type { ExecutionContext } from "./executor.ts";
import { openToolExecutors, type ToolExecutors } from "./tool-executors.ts";

let fixture: SandboxFixture;
let tools: ToolExecutors;
let workspace: string;

beforeAll(async () => {
  fixture = await openSandboxFixture();
  tools = openToolExecutors();
  workspace = fixture.workspacePath;
});
afterAll(async () => {
  await tools.close();
  await fixture.close();
});
beforeEach(() => {
  for (const name of readdirSync(workspace)) rmSync(join(workspace, name), { recursive: true, force: true });
  put("src/a.ts", "export const a = 1;\nconst secret = 2;\r\nexport { secret };\n");
  put("src/.env", "KEY=1\n");
  put("test/a.test.ts", "import { a } from '../src/a.ts';\n");
});

function put(path: string, content: string | Buffer): void {
  mkdirSync(join(workspace, path, ".."), { recursive: true });
  writeFileSync(join(workspace, path), content);
}

function run(name: string, args: JsonObject, changes: Partial<ExecutionContext> = {}): Promise<ToolOutcome> {
  const tool = tools.byName.get(name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool.run(args, {
    workspacePath: workspace,
    readOnlyMounts: [],
    sandbox: fixture.sandbox,
    network: "none",
    timeoutSeconds: 20,
    on: "workspace",
    limits: defaultLimits,
    signal: new AbortController().signal,
    ...changes,
  });
}

async function resultOf(name: string, args: JsonObject): Promise<JsonObject> {
  const outcome = await run(name, args);
  if (outcome.status === "failed") throw new Error(`${outcome.code}: ${outcome.message}`);
  return outcome.result;
}

describe("bash", () => {
  test("any exit code is an answer", async () => {
    expect(await resultOf("bash", { command: "pwd; echo err >&2; exit 3" })).toEqual({
      status: "completed",
      stdout: "/workspace\n",
      stderr: "err\n",
      exit_code: 3,
      command: "pwd; echo err >&2; exit 3",
      changed_paths: [],
      truncated: false,
    });
  });

  test("a command that begins with a dash is no option of the shell", async () => {
    expect(await resultOf("bash", { command: "--version" })).toMatchObject({ stdout: "", exit_code: 127 });
  });

  test("a command runs in the directory that it names, inside the workspace only", async () => {
    expect(await resultOf("bash", { command: "pwd", cwd: "/workspace/src" })).toMatchObject({
      stdout: "/workspace/src\n",
    });
    expect(await run("bash", { command: "pwd", cwd: "../.." })).toMatchObject({ code: "path_outside_workspace" });
    expect(await run("bash", { command: "pwd", cwd: "none" })).toMatchObject({ code: "tool_failed" });
    expect(await run("bash", { command: "pwd", cwd: "src/a.ts" })).toMatchObject({ code: "tool_failed" });
  });

  test("running out of time is `tool_timeout` and keeps what was printed; the phase's limit holds too", async () => {
    const outcome = await run("bash", { command: "echo partial; sleep 60", timeout: 1.5 });
    expect(outcome).toMatchObject({
      status: "failed",
      code: "tool_timeout",
      message: "the command was ended after 1.5 s",
      hint: "give it a longer `timeout`, or less to do",
      result: { status: "timed_out", stdout: "partial\n", truncated: true },
    });
    const limited = await run("bash", { command: "sleep 60", timeout: 3600 }, { timeoutSeconds: 0.3 });
    expect(limited).toMatchObject({
      code: "tool_timeout",
      hint: expect.stringMatching(/^this is the workflow's own limit.*split the work.*operator/) as string,
    });
  });

  test("output that is no text comes back with what is wrong replaced", async () => {
    expect(await resultOf("bash", { command: "printf 'a\\377b'" })).toMatchObject({ stdout: "a\uFFFDb" });
  });

  test("a command that no system call can take is refused before it runs", async () => {
    expect(await run("bash", { command: `: ${"x".repeat(200_000)}` })).toMatchObject({ code: "payload_too_large" });
    expect(await run("bash", { command: "echo \0" })).toMatchObject({ code: "invalid_request" });
  });

  test("on a throwaway copy it sees the workspace and changes nothing of it", async () => {
    const paths = () => ["src/.env", "src/a.ts", "test/a.test.ts"];
    const outcome = await run("bash", { command: "cat src/.env; rm -rf src" }, { on: "throwaway", paths });
    expect(outcome).toMatchObject({
      result: { stdout: "KEY=1\n", stderr: "", exit_code: 0, thrown_away: ["src/.env", "src/a.ts"] },
    });
    const nothing = await run(
      "bash",
      { command: "mkdir build; echo x > build/x; rm -r build" },
      { on: "throwaway", paths },
    );
    expect(nothing).not.toHaveProperty("result.thrown_away");
    const script = "echo x > note; echo y >&2; exit 3";
    expect(await run("bash", { command: script, cwd: "src" }, { on: "throwaway" })).toMatchObject({
      result: { stderr: "y\n", exit_code: 3, thrown_away: ["src/note"] },
    });
    const read = await run("bash", { command: "cat src/.env; git status >/dev/null 2>&1" }, { on: "throwaway" });
    expect(read).not.toHaveProperty("result.thrown_away");
    expect(readdirSync(join(workspace, "src")).sort()).toEqual([".env", "a.ts"]);
  });
});

describe("grep", () => {
  test("lines that match come back with file and number, their line ends left out", async () => {
    expect(await resultOf("grep", { pattern: "secret(;| =)", path: "src" })).toEqual({
      status: "success",
      pattern: "secret(;| =)",
      path: "src",
      matches: [{ file: "src/a.ts", line: 2, content: "const secret = 2;" }],
      total: 1,
    });
  });

  test("`^` and `$` mean the line, a file may be named alone, and context is part of the content", async () => {
    const args = { pattern: "^const .*;$", path: "src/a.ts", context_lines: 1 };
    expect(await resultOf("grep", args)).toMatchObject({
      matches: [{ line: 2, content: "export const a = 1;\nconst secret = 2;\nexport { secret };" }],
    });
  });

  test("`total` counts what `max_matches` leaves out", async () => {
    put("many", "x\n".repeat(500));
    const result = await resultOf("grep", { pattern: "x", path: "many", max_matches: 3 });
    expect(result).toMatchObject({ total: 500 });
    expect(result["matches"]).toHaveLength(3);
  });

  test("`.git`, binary files and links are left out", async () => {
    put(".git/config", "needle\n");
    put("binary", Buffer.from("needle\0"));
    symlinkSync("/etc/passwd", join(workspace, "passwd"));
    symlinkSync("src", join(workspace, "linked"));
    expect(await resultOf("grep", { pattern: "needle|root", path: "." })).toMatchObject({ total: 0 });
  });

  test("a file that is too large is named as not searched, and a binary one where it is named alone", async () => {
    put("large", Buffer.alloc(8 * 1024 ** 2 + 1, "needle\n"));
    put("binary", Buffer.from("needle\0"));
    const large = [{ file: "large", reason: "more than 8 MiB" }];
    for (const path of [".", "large"]) {
      const result = await resultOf("grep", { pattern: "needle", path });
      expect(result).toMatchObject({ total: 0, not_searched: large, not_searched_total: 1 });
    }
    expect(await resultOf("grep", { pattern: "needle", path: "binary" })).toMatchObject({
      not_searched: [{ file: "binary", reason: "binary" }],
    });
    expect(await resultOf("grep", { pattern: "secret", path: "src" })).not.toHaveProperty("not_searched");
  });

  test("text in another encoding is searched, what is no UTF-8 in it replaced", async () => {
    put("latin1", Buffer.from("f\xfcr needle\n", "latin1"));
    expect(await resultOf("grep", { pattern: "needle", path: "latin1" })).toMatchObject({
      matches: [{ file: "latin1", line: 1, content: "f\uFFFDr needle" }],
    });
  });

  test("a pattern that does not compile is refused with the reason", async () => {
    expect(await run("grep", { pattern: "(", path: "." })).toMatchObject({
      code: "tool_failed",
      message: "`pattern` is not a regular expression of RE2: error parsing regexp: missing closing ): '('",
    });
    expect(await run("grep", { pattern: "(?=x)", path: "." })).toMatchObject({ code: "tool_failed" });
  });

  test("an expression that makes others hang takes time linear in its input", async () => {
    put("evil", `${"a".repeat(50_000)}!\n`);
    const outcome = await run("grep", { pattern: "^(a+)+$", path: "evil" });
    expect(outcome).toMatchObject({ status: "completed", result: { total: 0 } });
  });

  test("a search past its time is ended, and the next one is served", async () => {
    for (let index = 0; index < 300; index += 1) put(`big/${String(index)}`, "abcdefghij\n".repeat(20_000));
    expect(await run("grep", { pattern: "(x+x+)+y|j$", path: "big" }, { timeoutSeconds: 0.2 })).toMatchObject({
      code: "tool_timeout",
    });
    expect(await resultOf("grep", { pattern: "KEY", path: "src" })).toMatchObject({ total: 1 });
  });

  test("the event loop is free while a search runs", async () => {
    for (let index = 0; index < 100; index += 1) put(`big/${String(index)}`, "abcdefghij\n".repeat(20_000));
    const before = performance.eventLoopUtilization();
    await resultOf("grep", { pattern: "(x+x+)+y|j$", path: "big" });
    // Of the search's own time, whatever the machine makes of it: searched here, it would be nearly all.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });
});

describe("lines of a large file", () => {
  test("the event loop is free while they are looked for", async () => {
    put("large", Buffer.alloc(60 * 1024 ** 2, "abcdefghi\n"));
    const before = performance.eventLoopUtilization();
    const result = await resultOf("read_files", { path: "large", offset: 6_000_000, limit: 2 });
    expect(result).toMatchObject({ content: "abcdefghi\n".repeat(2), lines: 2 });
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });
});

describe("glob", () => {
  test("files come back by name, dot files included, `.git` left out", async () => {
    put(".git/config", "");
    expect(await resultOf("glob", { pattern: "**" })).toEqual({
      status: "success",
      files: ["src/.env", "src/a.ts", "test/a.test.ts"],
      total: 3,
    });
  });

  test("a pattern counts from `path`, files from the workspace", async () => {
    expect(await resultOf("glob", { pattern: "*.ts", path: "src" })).toMatchObject({ files: ["src/a.ts"] });
    expect(await resultOf("glob", { pattern: "/workspace/src/*" })).toMatchObject({ files: ["src/.env", "src/a.ts"] });
    expect(await resultOf("glob", { pattern: "!src/a.ts" })).toMatchObject({ files: [] });
  });

  test("a path that is not there, or outside, is refused", async () => {
    expect(await run("glob", { pattern: "*", path: "none" })).toMatchObject({ code: "tool_failed" });
    expect(await run("glob", { pattern: "*", path: "/etc" })).toMatchObject({ code: "path_outside_workspace" });
  });
});

describe("special files and links that move", () => {
  test("a FIFO, a device and an endless file are refused at once", async () => {
    execFileSync("mkfifo", [join(workspace, "fifo")]);
    symlinkSync("/dev/zero", join(workspace, "zero"));
    expect(await run("read_files", { path: "fifo" })).toMatchObject({
      code: "tool_failed",
      message: "`fifo` is not a regular file",
    });
    expect(await run("write_files", { path: "fifo", content: "x" })).toMatchObject({ code: "tool_failed" });
    expect(await run("read_files", { path: "zero" })).toMatchObject({ code: "path_outside_workspace" });
    expect(await run("grep", { pattern: "x", path: "." })).toMatchObject({ status: "completed" });
  });

  test("a directory that a process swaps for a link beside the tools leads nowhere out", async () => {
    const outside = join(fixture.root, "outside");
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, "file"), "outside");
    put("swap/file", "inside");
    const swapping = new AbortController();
    const script = `while true; do mv swap real; ln -s ${outside} swap; rm swap; mv real swap; done`;
    const swapper = fixture.sh(script, { signal: swapping.signal, timeoutMs: 30_000 });
    const seen = new Set<string>();
    try {
      for (let round = 0; round < 1_500; round += 1) {
        const read = await run("read_files", { path: "swap/file" });
        seen.add(read.status === "completed" ? JSON.stringify(read.result["content"]) : read.code);
        const written = await run("write_files", { path: "swap/new", content: "x" });
        seen.add(written.status === "completed" ? "written" : written.code);
      }
    } finally {
      swapping.abort();
      await swapper;
    }
    expect(
      [...seen].filter((what) => !['"inside"', "written", "tool_failed", "path_outside_workspace"].includes(what)),
    ).toEqual([]);
    expect(seen).toContain('"inside"');
    expect(readdirSync(outside)).toEqual(["file"]);
    expect(readFileSync(join(outside, "file"), "utf8")).toBe("outside");
  });

  test("thirty spellings of a path out of the workspace reach nothing there", async () => {
    const target = join(fixture.root, "target");
    writeFileSync(target, "outside");
    symlinkSync(target, join(workspace, "link"));
    symlinkSync("..", join(workspace, "up"));
    symlinkSync("/", join(workspace, "root"));
    symlinkSync("link", join(workspace, "chain"));
    symlinkSync("/proc/self/cwd", join(workspace, "cwd"));
    symlinkSync(`/proc/self/root${target}`, join(workspace, "magic"));
    const relative = target.slice(1);
    const spellings = [
      target,
      `/${target}`,
      `//${relative}`,
      "../target",
      "./../target",
      "src/../../target",
      "src/./../../target",
      "/workspace/../target",
      `/workspace/..${target}`,
      `${workspace}/../target`,
      `${workspace}x/../target`,
      `/proc/self/root${target}`,
      `/proc/1/root${target}`,
      `/proc/self/cwd/../${relative}`,
      "link",
      "./link",
      "chain",
      "up/target",
      "src/../up/target",
      `root${target}`,
      `root/proc/self/root${target}`,
      `cwd/../${relative}`,
      `cwd/../../../../../../${relative}`,
      "magic",
      "link/",
      "up/workspace/../target",
      "up/./target",
      `/dev/fd/../../..${target}`,
      "..//target",
      "src/..//..//target",
      "../target\0.ts",
      "..\\target",
      "%2e%2e/target",
      "\u2024\u2024/target",
    ];
    const readable: string[] = [];
    for (const path of spellings) {
      const read = await run("read_files", { path });
      if (read.status === "completed") readable.push(path);
      await run("write_files", { path, content: "changed" });
      await run("edit_files", { path, old_text: "outside", new_text: "changed" });
    }
    expect(readable).toEqual([]);
    expect(readFileSync(target, "utf8")).toBe("outside");
    expect(readdirSync(fixture.root).sort()).toEqual(expect.arrayContaining(["data", "target", "workspace"]));
  });
});
