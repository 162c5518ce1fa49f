import type { JsonObject } from "@phasegate/wire";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { ToolOutcome } from "../port.ts";
import { defaultLimits } from "../sandbox/limits.ts";
import { editFiles } from "./edit-files.ts";
import type { ExecutionContext, ToolExecutor } from "./executor.ts";
import { readTool } from "./read-files.ts";
import { isLeftOver } from "./left-over.ts";
import { SearchWorkers } from "./search/search-workers.ts";
import { writeFiles } from "./write-files.ts";
import { openForWriting, replaceFile } from "./write-target.ts";

const workers = new SearchWorkers(1);
const readFiles = readTool(workers);
afterAll(() => workers.close());

let root: string;
let workspace: string;
let outside: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "phasegate-files-"));
  workspace = join(root, "workspace");
  outside = join(root, "outside");
  for (const directory of [join(workspace, "src"), join(workspace, "test"), join(workspace, ".git"), outside]) {
    mkdirSync(directory, { recursive: true });
  }
  put("src/a.ts", "one\ntwo\nthree\n");
  put(".git/config", "[core]\n");
  writeFileSync(join(outside, "secret"), "secret");
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, content: string | Buffer): void => writeFileSync(join(workspace, path), content);
const get = (path: string): string => readFileSync(join(workspace, path), "utf8");

function context(): ExecutionContext {
  return {
    workspacePath: workspace,
    readOnlyMounts: [],
    sandbox: null as never,
    network: "none",
    timeoutSeconds: 5,
    on: "workspace",
    limits: defaultLimits,
    signal: new AbortController().signal,
  };
}

const run = (tool: ToolExecutor, args: JsonObject): Promise<ToolOutcome> => tool.run(args, context());
const failure = async (tool: ToolExecutor, args: JsonObject): Promise<string> => {
  const outcome = await run(tool, args);
  return outcome.status === "failed"
    ? `${outcome.code}: ${outcome.message}`
    : `completed: ${JSON.stringify(outcome.result)}`;
};
const result = async (tool: ToolExecutor, args: JsonObject): Promise<unknown> => {
  const outcome = await run(tool, args);
  return outcome.status === "completed" ? outcome.result : outcome;
};

test("a file is read whole, or some of its lines", async () => {
  expect(await result(readFiles, { path: "src/a.ts" })).toEqual({
    status: "success",
    content: "one\ntwo\nthree\n",
    lines: 3,
    path: "src/a.ts",
  });
  expect(await result(readFiles, { path: "/workspace/src/a.ts", offset: 1, limit: 1 })).toMatchObject({
    content: "two\n",
    lines: 1,
  });
  expect(await result(readFiles, { path: join(workspace, "src/a.ts"), offset: 9 })).toMatchObject({
    content: "",
    lines: 0,
  });
});

test("lines of a large file are found over its chunks, and nothing behind them is read", async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) => `line ${String(index)} ${"ü".repeat(index % 7)}\n`);
  put("large", `${lines.join("")}no end`);
  for (const [offset, limit] of [
    [0, 2],
    [29_999, 3],
    [59_999, 5],
    [60_000, null],
    [60_001, 1],
  ] as const) {
    expect(await result(readFiles, { path: "large", offset, limit })).toMatchObject({
      content: [...lines, "no end"].slice(offset, limit === null ? undefined : offset + limit).join(""),
    });
  }
  truncateSync(join(workspace, "large"), 10 * 1024 ** 3);
  expect(await result(readFiles, { path: "large", offset: 1, limit: 1 })).toMatchObject({ content: "line 1 ü\n" });
});

test("lines that are no text, too much, or too far into a file are refused with the reason", async () => {
  put("far", Buffer.alloc(65 * 1024 ** 2, "x\n"));
  expect(await failure(readFiles, { path: "far", offset: 40_000_000, limit: 1 })).toBe(
    "payload_too_large: these lines of `far` are not in its first 67108864 bytes",
  );
  expect(await failure(readFiles, { path: "far", offset: 1 })).toBe(
    "payload_too_large: these lines of `far` are more than 1048576 bytes",
  );
  put("binary", Buffer.concat([Buffer.alloc(400_000, "x\n"), Buffer.from("\0\n"), Buffer.alloc(400_000, "y\n")]));
  expect(await result(readFiles, { path: "binary", offset: 3, limit: 1 })).toMatchObject({ content: "x\n" });
  expect(await failure(readFiles, { path: "binary", offset: 250_000, limit: 1 })).toBe(
    "tool_failed: `binary` is not UTF-8 text",
  );
  put("latin1", Buffer.from("a\nf\xfcr\nb\n", "latin1"));
  expect(await failure(readFiles, { path: "latin1", offset: 1, limit: 1 })).toBe(
    "tool_failed: `latin1` is not UTF-8 text",
  );
});

test("an absent optional argument may be null", async () => {
  expect(await result(readFiles, { path: "src/a.ts", offset: null, limit: null })).toMatchObject({ lines: 3 });
});

test("links that stay inside are followed for reading, absolute ones as the agent sees them", async () => {
  symlinkSync("../src/a.ts", join(workspace, "test/link"));
  symlinkSync("/workspace/src", join(workspace, "test/absolute"));
  expect(await result(readFiles, { path: "test/link" })).toMatchObject({ path: "src/a.ts", lines: 3 });
  expect(await result(readFiles, { path: "test/absolute/a.ts" })).toMatchObject({ path: "src/a.ts" });
});

test("a link that leads out of the workspace is refused, at the end and on the way", async () => {
  symlinkSync(join(outside, "secret"), join(workspace, "test/out"));
  symlinkSync("../../outside", join(workspace, "test/way"));
  symlinkSync("/proc/self/root", join(workspace, "test/root"));
  for (const path of ["test/out", "test/way/secret", `test/root${outside}/secret`]) {
    expect(await failure(readFiles, { path })).toMatch(/^path_outside_workspace: /);
  }
});

test("links that go in a circle end in a refusal", async () => {
  symlinkSync("b", join(workspace, "a"));
  symlinkSync("a", join(workspace, "b"));
  expect(await failure(readFiles, { path: "a" })).toBe("tool_failed: `a` leads through more than 40 links");
});

test("what is no file, or too large, or no text, is refused with the reason", async () => {
  put("huge", "");
  truncateSync(join(workspace, "huge"), 10 * 1024 ** 3);
  put("binary", Buffer.from([0x61, 0x00, 0x62]));
  put("latin1", Buffer.from([0x66, 0xfc, 0x72]));
  put("large", "x".repeat(1024 ** 2 + 1));
  expect(await failure(readFiles, { path: "none" })).toBe("tool_failed: there is no `none`");
  expect(await failure(readFiles, { path: "src" })).toBe("tool_failed: `src` is a directory");
  expect(await failure(readFiles, { path: "src/a.ts/b" })).toBe(
    "tool_failed: a component of `src/a.ts/b` is not a directory",
  );
  expect(await failure(readFiles, { path: "huge" })).toBe("payload_too_large: `huge` is more than 1048576 bytes");
  expect(await failure(readFiles, { path: "large" })).toBe("payload_too_large: `large` is more than 1048576 bytes");
  expect(await failure(readFiles, { path: "binary" })).toBe("tool_failed: `binary` is not UTF-8 text");
  expect(await failure(readFiles, { path: "latin1" })).toBe("tool_failed: `latin1` is not UTF-8 text");
});

test("a part of a large file can be read", async () => {
  put("large", "0123456789\n".repeat(200_000));
  expect(await result(readFiles, { path: "large", offset: 199_999 })).toMatchObject({ lines: 1 });
});

test("`.git` is out of reach of file tools, in any case of letters and through a link", async () => {
  symlinkSync(".git", join(workspace, "git"));
  for (const path of [".git/config", ".GIT/config", "git/config", "src/../.git/config"]) {
    expect(await failure(readFiles, { path })).toMatch(/^path_protected: /);
  }
  for (const path of [".git/hooks/pre-commit", ".Git/x", "sub/.git/config", ".phasegate/state"]) {
    expect(await failure(writeFiles, { path, content: "" })).toMatch(/^path_protected: /);
  }
});

test("writing makes the directories above, replaces or appends, and counts bytes", async () => {
  expect(await result(writeFiles, { path: "new/deep/f.txt", content: "grün\n" })).toEqual({
    status: "success",
    path: "new/deep/f.txt",
    bytes_written: 6,
    mode: "w",
  });
  expect(await result(writeFiles, { path: "new/deep/f.txt", content: "!", mode: "a" })).toMatchObject({
    bytes_written: 1,
    mode: "a",
  });
  expect(get("new/deep/f.txt")).toBe("grün\n!");
  expect(readdirSync(join(workspace, "new/deep"))).toEqual(["f.txt"]);
});

test("permission bits of a replaced file stay", async () => {
  put("run.sh", "#!/bin/sh\n");
  chmodSync(join(workspace, "run.sh"), 0o755);
  await run(writeFiles, { path: "run.sh", content: "#!/bin/sh\nexit\n" });
  await run(editFiles, { path: "run.sh", old_text: "exit", new_text: "true" });
  expect(statSync(join(workspace, "run.sh")).mode & 0o777).toBe(0o755);
});

test("writing never goes through a link, and says so", async () => {
  symlinkSync(join(outside, "secret"), join(workspace, "test/out"));
  symlinkSync("../src", join(workspace, "test/src"));
  symlinkSync(outside, join(workspace, "test/way"));
  expect(await failure(writeFiles, { path: "test/out", content: "x" })).toBe("tool_failed: `test/out` is a link");
  expect(await failure(writeFiles, { path: "test/src/a.ts", content: "x" })).toMatch(
    /^tool_failed: .* is a link or not a directory/,
  );
  expect(await failure(writeFiles, { path: "test/way/new", content: "x" })).toMatch(/^tool_failed: /);
  expect(await failure(editFiles, { path: "test/src/a.ts", old_text: "one", new_text: "x" })).toMatch(/^tool_failed: /);
  expect(get("src/a.ts")).toBe("one\ntwo\nthree\n");
  expect(readdirSync(outside)).toEqual(["secret"]);
});

test("writing to one name of a hard link leaves the other as it was", async () => {
  linkSync(join(workspace, "src/a.ts"), join(workspace, "test/hard"));
  await run(writeFiles, { path: "test/hard", content: "changed", mode: "a" });
  await run(editFiles, { path: "test/hard", old_text: "one", new_text: "x" });
  expect(get("src/a.ts")).toBe("one\ntwo\nthree\n");
});

test("an edit needs its text exactly once, or is told to take all", async () => {
  put("t.txt", "a b a\r\n");
  expect(await failure(editFiles, { path: "t.txt", old_text: "a", new_text: "c" })).toBe(
    "tool_failed: `old_text` occurs 2 times in `t.txt`",
  );
  expect(await failure(editFiles, { path: "t.txt", old_text: "z", new_text: "c" })).toBe(
    "tool_failed: `old_text` occurs 0 times in `t.txt`",
  );
  expect(await failure(editFiles, { path: "none.txt", old_text: "z", new_text: "c" })).toBe(
    "tool_failed: there is no `none.txt`",
  );
  expect(await result(editFiles, { path: "t.txt", old_text: "a", new_text: "$&", replace_all: true })).toEqual({
    status: "success",
    path: "t.txt",
    replacements: 2,
  });
  expect(get("t.txt")).toBe("$& b $&\r\n");
});

test("an edit that would make a file too large is refused before its text is made", async () => {
  put("t.txt", "a".repeat(1_000_000));
  const edit = { path: "t.txt", old_text: "a", new_text: "b".repeat(8_000_000), replace_all: true };
  // 8 TB would not fit into any text.
  expect(await failure(editFiles, edit)).toBe("payload_too_large: `t.txt` would be more than 16777216 bytes");
  expect(get("t.txt")).toBe("a".repeat(1_000_000));
});

test("an edit of a missing file makes no directory", async () => {
  expect(await failure(editFiles, { path: "deep/none.txt", old_text: "z", new_text: "c" })).toMatch(/^tool_failed: /);
  expect(readdirSync(workspace)).not.toContain("deep");
});

test("a file tool that writes is refused where the phase may change nothing", async () => {
  const outcome = await writeFiles.run({ path: "a", content: "" }, { ...context(), on: "throwaway" });
  expect(outcome).toMatchObject({ status: "failed", code: "path_not_allowed" });
});

test("arguments of a wrong type are refused by name", async () => {
  expect(await failure(readFiles, {})).toBe("invalid_request: `path` must be a string, not `absent`");
  expect(await failure(readFiles, { path: "src/a.ts", limit: 0 })).toMatch(
    /^invalid_request: `limit` must be a whole number/,
  );
  expect(await failure(writeFiles, { path: "a", content: "\ud800" })).toMatch(/^invalid_request: /);
});

test("a file keeps its mode, and another name of a hard link keeps the old bytes", async () => {
  linkSync(join(workspace, "src/a.ts"), join(outside, "other-name"));
  chmodSync(join(workspace, "src/a.ts"), 0o751);
  for (const [tool, args] of [
    [writeFiles, { path: "src/a.ts", content: "new\n" }],
    [writeFiles, { path: "src/a.ts", content: "more\n", mode: "a" }],
    [editFiles, { path: "src/a.ts", old_text: "more", new_text: "less" }],
  ] as const) {
    await run(tool, args);
  }
  expect([get("src/a.ts"), statSync(join(workspace, "src/a.ts")).mode & 0o777]).toEqual(["new\nless\n", 0o751]);
  expect(readFileSync(join(outside, "other-name"), "utf8")).toBe("one\ntwo\nthree\n");
});

test.each<[name: string, before: string, edit: [string, string], after: string]>([
  ["a byte order mark", "\ufeffone\n", ["one", "two"], "\ufefftwo\n"],
  ["CRLF", "one\r\ntwo\r\n", ["two", "2"], "one\r\n2\r\n"],
  ["mixed line ends and none at the end", "a\rb\r\nc\nd", ["d", "e"], "a\rb\r\nc\ne"],
  ["a very long line", `${"x".repeat(900_000)}end`, ["end", "END"], `${"x".repeat(900_000)}END`],
  ["decomposed letters", "e\u0301 \u00e9\n", ["\u00e9", "E"], "e\u0301 E\n"],
])("an edit leaves alone: %s", async (_, before, [oldText, newText], after) => {
  put("src/text", before);
  expect(await result(readFiles, { path: "src/text" })).toMatchObject({ content: before });
  expect(await result(editFiles, { path: "src/text", old_text: oldText, new_text: newText })).toMatchObject({
    status: "success",
  });
  expect(get("src/text")).toBe(after);
});

test("an empty file is read, appended to and written", async () => {
  expect(await result(writeFiles, { path: "empty", content: "" })).toMatchObject({ bytes_written: 0 });
  expect(await result(readFiles, { path: "empty" })).toMatchObject({ content: "", lines: 0 });
  await run(writeFiles, { path: "empty", content: "x", mode: "a" });
  expect(get("empty")).toBe("x");
});

test("a file that is no UTF-8 is not edited; appending keeps its bytes", async () => {
  put("latin1", Buffer.from([0x66, 0xfc, 0x72]));
  expect(await failure(editFiles, { path: "latin1", old_text: "f", new_text: "g" })).toMatch(/^tool_failed: /);
  await run(writeFiles, { path: "latin1", content: "x", mode: "a" });
  expect([...readFileSync(join(workspace, "latin1"))]).toEqual([0x66, 0xfc, 0x72, 0x78]);
});

test("names are taken as they are: composed and decomposed, upper and lower case, with a line end", async () => {
  const names = ["caf\u00e9", "cafe\u0301", "Name", "name", "with\nline", " space "];
  for (const [index, name] of names.entries()) await run(writeFiles, { path: `names/${name}`, content: String(index) });
  expect(readdirSync(join(workspace, "names")).sort()).toEqual([...names].sort());
  for (const [index, name] of names.entries()) {
    expect(await result(readFiles, { path: `names/${name}` })).toMatchObject({ content: String(index) });
  }
});

test("a directory that is moved while a file is written in it takes nothing along, and loses nothing", async () => {
  for (const before of ["old", null]) {
    mkdirSync(join(workspace, "held"));
    if (before !== null) put("held/file", before);
    using target = openForWriting("held/file", workspace);
    const write = replaceFile(target, null, async (descriptor) => {
      writeFileSync(descriptor, "new");
      renameSync(join(workspace, "held"), join(workspace, ".git/held"));
      await Promise.resolve();
    });
    await expect(write).rejects.toThrow("was moved while it was written to");
    expect(readdirSync(join(workspace, ".git/held"))).toEqual(before === null ? [] : ["file"]);
    if (before !== null) expect(get(".git/held/file")).toBe("old");
    rmSync(join(workspace, ".git/held"), { recursive: true });
  }
});

test("what a write left over is known by its name", () => {
  expect(isLeftOver("src/.phasegate-01234567-89ab-cdef-0123-456789abcdef.tmp")).toBe(true);
  for (const path of [
    ".phasegate-x.tmp",
    ".phasegate/x",
    "src/a.ts",
    "x.phasegate-01234567-89ab-cdef-0123-456789abcdef.tmp",
  ]) {
    expect(isLeftOver(path)).toBe(false);
  }
});
