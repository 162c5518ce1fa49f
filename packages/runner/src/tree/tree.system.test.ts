import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { TaskId, TreeFacts } from "@phasegate/wire";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import type { Observation, RollBack } from "../port.ts";
import { openWorkbench, RecordingJudges, type Workbench } from "../testing/fixture.ts";

const files = {
  ".gitattributes": "*.crlf eol=crlf\n*.id ident\n*.u16 working-tree-encoding=UTF-16\n*.f filter=upper\n",
  ".gitignore": "build/\n*.log\n",
  "build/kept.txt": "tracked below an ignored directory\n",
  "docs/.gitignore": "!important.log\n",
  "docs/guide.md": "guide\n",
  "lines.crlf": "one\ntwo\n",
  "src/a.ts": "export const a = 1;\n",
  "src/deep/er/b.ts": "b\n",
  "version.id": "$Id$\n",
  "wide.u16": Buffer.from("\ufefftext\n", "utf16le"),
};
const rules = { write: ["src/**"], scratch: ["coverage/**"], ignore: ["/node_modules/"] };

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench(files, rules);
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const at = (name: string) => path.join(bench.workspace, name);
const shell = (script: string) => execFileSync("bash", ["-c", script], { cwd: bench.workspace });

interface Seen {
  readonly changes: readonly string[];
  readonly unsupported: readonly string[];
}

/**
 * What the byte-wise reading sees of a change from outside. It is then put back whole, and the tree is as before:
 * every case below is a case for restoring as well.
 */
async function seenAfter(change: () => void): Promise<Seen> {
  change();
  let seen: Seen = { changes: [], unsupported: [] };
  const facts = await readTree((observation) => {
    seen = {
      changes: observation.changes.map((change) => `${change.kind} ${change.path}`),
      unsupported: observation.unsupported.map((entry) => `${entry.reason} ${entry.path}`),
    };
    return "all";
  });
  expect(facts.digest).toBe(bench.base.tree);
  expect(facts.unsupported).toEqual([]);
  return seen;
}

function readTree(changedOutside: (observation: Observation) => RollBack): Promise<TreeFacts> {
  return bench.runner.withTree(
    {
      task: bench.key,
      epoch: 1,
      compareWith: [bench.base.tree],
      contentsNeeded: () => [],
      changedOutside: (observation) => Promise.resolve(changedOutside(observation)),
    },
    (facts) => Promise.resolve(facts),
  );
}

const nothing: Seen = { changes: [], unsupported: [] };
const changed = (...changes: string[]): Seen => ({ changes, unsupported: [] });
const unsupported = (...entries: string[]): Seen => ({ changes: [], unsupported: entries });

describe("a difference is a difference of raw bytes, type, permission bits and path", () => {
  test("content", async () => {
    expect(await seenAfter(() => writeFileSync(at("src/a.ts"), "other"))).toEqual(changed("modified src/a.ts"));
  });

  test("content of the same size under a restored mtime", async () => {
    const { atime, mtime, size } = statSync(at("src/a.ts"));
    const seen = await seenAfter(() => {
      writeFileSync(at("src/a.ts"), "export const a = 2;\n");
      utimesSync(at("src/a.ts"), atime, mtime);
      expect(statSync(at("src/a.ts")).size).toBe(size);
    });
    expect(seen).toEqual(changed("modified src/a.ts"));
  });

  test("permission bits", async () => {
    expect(await seenAfter(() => chmodSync(at("src/a.ts"), 0o755))).toEqual(changed("modified src/a.ts"));
    expect(statSync(at("src/a.ts")).mode & 0o7777).toBe(0o644);
  });

  test("content of the same size within the second of the last reading", async () => {
    await bench.runner.act(
      bench.call("write_files", { path: "src/b.ts", content: "one\n" }),
      new RecordingJudges({ outside: "all" }),
    );
    const judges = new RecordingJudges({ outside: "all", observed: "all" });
    writeFileSync(at("src/b.ts"), "two\n");
    await bench.runner.act(bench.call("bash", { command: "rm src/b.ts" }), judges);
    expect(judges.outside[0]?.changes).toMatchObject([{ path: "src/b.ts", kind: "modified" }]);
    expect(readFileSync(at("src/b.ts"), "utf8")).toBe("one\n");
    await bench.runner.act(bench.call("bash", { command: "rm src/b.ts" }), new RecordingJudges());
  });

  test("modes of directories and empty directories are in no tree, and in no checkout of it", async () => {
    shell("chmod 700 src/deep; chmod 777 src; mkdir -p src/empty/er");
    const facts = await readTree(() => "all");
    expect(facts.digest).toBe(bench.base.tree);
    const command = "stat -c '%a %n' src src/deep; ls -d src/empty";
    const run = await bench.runner.runCommand({
      task: bench.key,
      tree: facts.digest,
      baseTree: bench.base.tree,
      command,
      timeoutSeconds: 20,
      signal: new AbortController().signal,
    });
    expect(run.output).toMatch(/^755 src\n755 src\/deep\n(?!src\/empty)/);
    shell("chmod 755 src src/deep; rm -r src/empty");
  });

  test("a rename is a deletion and an addition", async () => {
    const seen = await seenAfter(() => renameSync(at("src/a.ts"), at("src/c.ts")));
    expect(seen).toEqual(changed("deleted src/a.ts", "added src/c.ts"));
  });

  test("a file for a link of the same content, and a directory for a link to a copy", async () => {
    const seen = await seenAfter(() => {
      shell("mv src/a.ts /tmp/phasegate-elsewhere; ln -s /tmp/phasegate-elsewhere src/a.ts");
      shell("mv src/deep coverage-copy; ln -s ../coverage-copy src/deep");
    });
    expect(seen).toEqual(changed("modified src/a.ts", "added src/deep", "deleted src/deep/er/b.ts"));
    expect(lstatSync(at("src/a.ts")).isFile()).toBe(true);
    expect(lstatSync(at("src/deep")).isDirectory()).toBe(true);
    expect(readFileSync("/tmp/phasegate-elsewhere", "utf8")).toBe("export const a = 1;\n");
    shell("rm -r /tmp/phasegate-elsewhere coverage-copy");
  });

  test("a file for a directory, and a directory for a file", async () => {
    const seen = await seenAfter(() => {
      shell("rm -r src/deep; echo x > src/deep; rm src/a.ts; mkdir -p src/a.ts; echo y > src/a.ts/inner");
    });
    expect(seen).toEqual(
      changed("deleted src/a.ts", "added src/a.ts/inner", "added src/deep", "deleted src/deep/er/b.ts"),
    );
  });

  test("a link out of the workspace is a link, and what it points to is left alone", async () => {
    const seen = await seenAfter(() => symlinkSync("/etc/passwd", at("src/link")));
    expect(seen).toEqual(changed("added src/link"));
  });

  test("names of any Unicode, and names that look like options or pathspecs", async () => {
    const seen = await seenAfter(() => {
      for (const name of ["-rf", ":(top)x", "a\nb", "caf\u00e9", "cafe\u0301", "\ufffd", "\u{1f600}"]) {
        writeFileSync(at(`src/${name}`), name);
      }
    });
    expect(seen.unsupported).toEqual([]);
    expect(seen.changes.toSorted()).toEqual(
      ["-rf", ":(top)x", "a\nb", "caf\u00e9", "cafe\u0301", "\ufffd", "\u{1f600}"]
        .map((name) => `added src/${name}`)
        .toSorted(),
    );
  });
});

describe("no attribute, filter or configuration takes part", () => {
  test("the fresh workspace holds raw bytes", () => {
    expect(readFileSync(at("lines.crlf"), "utf8")).toBe("one\ntwo\n");
    expect(readFileSync(at("version.id"), "utf8")).toBe("$Id$\n");
    expect(readFileSync(at("wide.u16"), "utf8")).toBe("text\n");
    expect(shell("git status --porcelain").toString()).toBe("");
  });

  test.each([
    ["lines.crlf", "one\r\ntwo\r\n"],
    ["version.id", "$Id: 0123456789012345678901234567890123456789 $\n"],
    ["wide.u16", Buffer.from("\ufefftext\n", "utf16le")],
  ])("a change in %s that git would normalise away shows", async (name, content) => {
    expect(await seenAfter(() => writeFileSync(at(name), content))).toEqual(changed(`modified ${name}`));
  });

  test("attributes and settings written since hide nothing", async () => {
    const seen = await seenAfter(() => {
      shell(
        "git config core.fileMode false; git config filter.upper.clean 'cat /dev/null'; git update-index --assume-unchanged src/a.ts",
      );
      shell("echo '* filter=upper' > src/.gitattributes; echo changed > src/a.ts");
    });
    expect(seen).toEqual(changed("added src/.gitattributes", "modified src/a.ts"));
  });
});

describe("ignored is what the base and the workflow say", () => {
  test("ignored and scratch paths are in no tree", async () => {
    const seen = await seenAfter(() => {
      shell(
        "mkdir -p src/build coverage node_modules/x; echo x > src/build/out; echo x > coverage/r; echo x > node_modules/x/i",
      );
      shell("echo x > src/debug.log; mkfifo coverage/pipe; mkdir -p node_modules/y/.git");
    });
    expect(seen).toEqual(nothing);
  });

  test("a .gitignore or exclude file written since hides nothing", async () => {
    const seen = await seenAfter(() => {
      shell("echo '*' > src/.gitignore; echo '*' >> .git/info/exclude; echo x > src/hidden.ts");
    });
    expect(seen).toEqual(changed("added src/.gitignore", "added src/hidden.ts"));
  });

  test("a tracked path is never ignored", async () => {
    const seen = await seenAfter(() => shell("echo x > build/kept.txt; echo y > build/other.txt"));
    expect(seen).toEqual(changed("modified build/kept.txt"));
  });

  test("untracked files in no write set are litter, listed and in no tree", async () => {
    shell("mkdir -p notes; echo x > notes/todo; echo x > docs/important.log; echo x > docs/other.log.txt");
    const facts = await readTree(() => "all");
    expect(facts.litter).toEqual(["docs/important.log", "docs/other.log.txt", "notes/todo"]);
    expect(facts.digest).toBe(bench.base.tree);
    shell("rm -r notes docs/important.log docs/other.log.txt");
  });
});

describe("what no tree may hold is found without being opened", () => {
  test("a FIFO, a socket, a device", async () => {
    const seen = await seenAfter(() => {
      shell("mkfifo src/pipe; mknod notes-device c 1 3");
      shell("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"src/sock\")'");
    });
    expect(seen.unsupported.toSorted()).toEqual(["device notes-device", "fifo src/pipe", "socket src/sock"]);
  });

  test("a nested .git, as a directory or a file, and what stands beside it", async () => {
    const seen = await seenAfter(() => {
      shell("git init -q src/inner; echo x > src/inner/x.ts; echo 'gitdir: /tmp' > docs/.git");
    });
    expect(seen.changes).toEqual(["added src/inner/x.ts"]);
    expect(seen.unsupported.toSorted()).toEqual(["nested_git docs/.git", "nested_git src/inner/.git"]);
  });

  test("setuid, setgid and sticky bits", async () => {
    const seen = await seenAfter(() => shell("chmod u+s src/a.ts; chmod g+s src/deep; chmod +t docs/guide.md"));
    expect(seen.unsupported.toSorted()).toEqual(["setgid src/deep", "setuid src/a.ts", "sticky docs/guide.md"]);
    expect(statSync(at("src/a.ts")).mode & 0o7777).toBe(0o644);
  });

  test("a name that is not UTF-8", async () => {
    const seen = await seenAfter(() => shell("mkdir src/$'\\xff'; echo x > src/$'\\xff'/y; echo x > src/$'a\\xfe'"));
    expect(seen).toEqual(unsupported("path_not_utf8 src/a\ufffd", "path_not_utf8 src/\ufffd"));
  });

  test("a name that looks like one that is not UTF-8 stands beside it", async () => {
    const seen = await seenAfter(() =>
      shell("echo x > src/$'\\xff'; mkfifo src/\ufffd; echo x > src/a\ufffd; echo y > src/$'a\\xff'"),
    );
    expect(seen.changes).toEqual(["added src/a\ufffd"]);
    expect(seen.unsupported.toSorted()).toEqual([
      "fifo src/\ufffd",
      "path_not_utf8 src/a\ufffd",
      "path_not_utf8 src/\ufffd",
    ]);
  });

  test("the workspace's own .git is the agent's", async () => {
    expect(await seenAfter(() => shell("git commit -q --allow-empty -m x; git stash list"))).toEqual(nothing);
  });
});

test("a submodule stays at its commit", async () => {
  await using own = await openWorkbench({ "src/a.ts": "a" }, rules);
  const inner = own.repository.git("rev-parse", "HEAD");
  own.repository.git("update-index", "--add", "--cacheinfo", `160000,${inner},vendor/lib`);
  own.repository.git("commit", "--quiet", "--message=submodule");
  const base = await own.runner.resolveBase({
    repository: own.repository.directory,
    ref: null,
    workflow: own.key.workflow,
  });
  const key = { ...own.key, taskId: "task_sample2" as TaskId, base };
  const facts = await own.runner.withTree(
    {
      task: key,
      epoch: null,
      compareWith: [own.base.tree],
      contentsNeeded: () => [],
      changedOutside: () => Promise.resolve("none"),
    },
    (facts) => Promise.resolve(facts),
  );
  expect(facts.digest).toBe(base.tree);
  expect(facts.differences[own.base.tree]?.changes).toEqual([
    {
      path: "vendor/lib",
      kind: "added",
      before: null,
      after: { path: "vendor/lib", type: "submodule", permissions: 0, content: inner, size: 0 },
    },
  ]);
});
