import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultLimits } from "./limits.ts";
import type { SandboxCommand } from "./sandbox.ts";
import { openSandboxFixture, type SandboxFixture } from "./sandboxes.fixture.ts";
import { toolchainVariables } from "./toolchain-managers.ts";

const modules = join(import.meta.dirname, "../../../../node_modules");
const vitestConfig = `export default { cacheDir: "/tmp/vitest", test: { maxWorkers: 4, pool: "forks" } };\n`;
const vitestTest = `import { expect, test } from "vitest";\ntest("adds", () => expect(1 + 1).toBe(2));\n`;

interface HeavyUse {
  readonly name: string;
  readonly program: string;
  /** Of a compiler, which names the place of those that it finds. */
  readonly libraries?: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly script: string;
  readonly changes?: Partial<SandboxCommand>;
  readonly prints: string;
}

/** What the default limits must leave room for. */
const uses: readonly HeavyUse[] = [
  {
    name: "the Java compiler and a heap of 256 MB",
    program: "java",
    files: {
      "Main.java": `class Main { public static void main(String[] a) throws Exception {
        byte[][] kept = new byte[256][]; for (int i = 0; i < 256; i++) { kept[i] = new byte[1 << 20]; kept[i][9] = 1; }
        Thread[] threads = new Thread[32]; for (int i = 0; i < 32; i++) (threads[i] = new Thread(() -> {})).start();
        for (Thread thread : threads) thread.join();
        System.out.println("kept " + kept.length); } }`,
    },
    script: "java -Xmx1g Main.java",
    prints: "kept 256",
  },
  {
    name: "eight compilations of C at once",
    program: "gcc",
    files: { "a.c": '#include <stdio.h>\nint main(void) { puts("compiled"); return 0; }\n' },
    script: "seq 8 | xargs -P 8 -I{} gcc -O2 -pipe -o /tmp/a{} a.c && /tmp/a8",
    prints: "compiled",
  },
  {
    name: "a program under AddressSanitizer, which reserves terabytes",
    program: "gcc",
    libraries: ["libasan.so"],
    files: { "asan.c": "int main(void) { return 0; }\n" },
    script: "gcc -fsanitize=address asan.c -o /tmp/asan && /tmp/asan && echo ran",
    prints: "ran",
  },
  {
    name: "a build and a test by cargo",
    program: "cargo",
    files: {
      "Cargo.toml": '[package]\nname = "heavy"\nversion = "0.1.0"\nedition = "2021"\n',
      "src/lib.rs": "#[test]\nfn adds() { assert_eq!(1 + 1, 2); }\n",
    },
    script: "CARGO_TARGET_DIR=/tmp/target cargo test",
    prints: "1 passed",
  },
  {
    name: "Node with a heap of 3 GB allowed, 400 MB used and eight threads",
    program: "node",
    files: {
      "heavy.mjs": `import { Worker } from "node:worker_threads";
        const kept = Array.from({ length: 4 }, () => new Float64Array(12.5e6).fill(1));
        const ends = Array.from({ length: 8 }, () => new Promise((end) => new Worker("0", { eval: true }).on("exit", end)));
        await Promise.all(ends); console.log("kept", kept.length);`,
    },
    script: "node --max-old-space-size=3000 heavy.mjs",
    prints: "kept 4",
  },
  {
    name: "vitest with four workers",
    program: "node",
    files: {
      "vitest.config.mjs": vitestConfig,
      ...Object.fromEntries(["a", "b", "c", "d"].map((name) => [`${name}.test.mjs`, vitestTest])),
    },
    script: "node /opt/node_modules/vitest/vitest.mjs run",
    changes: { readOnlyMounts: [{ source: modules, target: "/opt/node_modules" }] },
    prints: "4 passed",
  },
];

let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture({ environment: toolchainVariables(process.env) });
  mkdirSync(join(fixture.workspacePath, "node_modules"));
  symlinkSync("/opt/node_modules/vitest", join(fixture.workspacePath, "node_modules/vitest"));
});
afterAll(() => fixture.close());

function isHere(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}

function isFoundBy(compiler: string, library: string): boolean {
  return spawnSync(compiler, [`-print-file-name=${library}`], { encoding: "utf8" }).stdout.includes("/");
}

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(fixture.workspacePath, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  }
}

describe("under the default limits runs", () => {
  test.for(uses)("$name", async (use, { skip }) => {
    skip(!isHere(use.program), `this machine has no \`${use.program}\``);
    for (const library of use.libraries ?? [])
      skip(!isFoundBy(use.program, library), `this machine has no \`${library}\``);
    put(use.files);
    const result = await fixture.sh(use.script, { timeoutMs: 100_000, ...use.changes });
    for (const name of Object.keys(use.files)) rmSync(join(fixture.workspacePath, name));
    expect({ ...result, stdout: result.stdout.text, stderr: result.stderr.text }).toMatchObject({
      ended: "exited",
      exitCode: 0,
      limits: [],
      stdout: expect.stringContaining(use.prints) as string,
    });
  });
});

describe("past a limit the answer names it:", () => {
  const hostile: readonly (readonly [string, string, string, Partial<typeof defaultLimits>, string])[] = [
    [
      "Node that keeps more and more",
      "node",
      `node -e 'const kept = []; for (;;) kept.push(Buffer.alloc(16e6, 1))'`,
      { memoryBytes: 256 * 1024 ** 2 },
      "memory",
    ],
    [
      "a program that reserves terabytes and fills what it reserved",
      "python3",
      `python3 -c 'import mmap\nheld = mmap.mmap(-1, 1 << 44, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)\nfor at in range(0, 1 << 44, 4096): held[at] = 1'`,
      { memoryBytes: 256 * 1024 ** 2 },
      "memory",
    ],
    [
      "Python with threads without end",
      "python3",
      `python3 -c 'import threading, time\nfor i in range(500): threading.Thread(target=time.sleep, args=(2,)).start()'`,
      { processes: 32 },
      "processes",
    ],
  ];
  test.for(hostile)("%s", async ([, program, script, changed, limit], { skip }) => {
    skip(!isHere(program), `this machine has no \`${program}\``);
    const result = await fixture.sh(script, { limits: { ...defaultLimits, ...changed }, timeoutMs: 4_000 });
    expect(result.limits).toEqual([limit]);
    expect(result.exitCode).not.toBe(0);
  });

  test("a program without room for another open file is told so by the system, and ends by itself", async () => {
    const script = `python3 -c 'kept = [open("/dev/null") for _ in range(99)]'`;
    const result = await fixture.sh(script, { limits: { ...defaultLimits, openFiles: 64 } });
    expect(result).toMatchObject({ ended: "exited", exitCode: 1 });
    expect(result.stderr.text).toContain("Too many open files");
  });
});
