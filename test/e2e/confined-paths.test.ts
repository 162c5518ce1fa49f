import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import type { Answer } from "../harness/api.ts";
import { listTree } from "../harness/repository.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: confined-paths
phases:
  - { id: TDD, tools: [read, edit, run], write: ["test/**"] }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"] }
`;

const patch = `--- a/src/app.js
+++ b/src/app.js
@@ -1 +1 @@
-export const one = 1;
+export const one = 2;
`;

/** Ways to change what lies below src/ while only test/** may change. Each is one call, or a few. */
const ways: Record<string, (agent: Agent) => Promise<Answer>> = {
  "write_files over a file": (agent) => agent.execute("write_files", { path: "src/app.js", content: "x" }),
  "write_files of a new file": (agent) => agent.execute("write_files", { path: "src/new.js", content: "x" }),
  "write_files appending": (agent) => agent.execute("write_files", { path: "src/app.js", content: "x", mode: "a" }),
  "write_files by dot-dot": (agent) => agent.execute("write_files", { path: "test/../src/app.js", content: "x" }),
  "write_files by absolute path": (agent) =>
    agent.execute("write_files", { path: "/workspace/src/app.js", content: "x" }),
  "write_files by host path": (agent) =>
    agent.execute("write_files", { path: `${agent.workspace}/src/app.js`, content: "x" }),
  "write_files through a link in test/": async (agent) => {
    await agent.bash("ln -s ../src test/link");
    const answer = await agent.execute("write_files", { path: "test/link/app.js", content: "x" });
    await agent.bash("rm -f test/link");
    return answer;
  },
  edit_files: (agent) => agent.execute("edit_files", { path: "src/app.js", old_text: "1", new_text: "2" }),
  "echo >": (agent) => agent.bash("echo x > src/app.js"),
  "echo >> new file": (agent) => agent.bash("echo x >> src/new.js"),
  tee: (agent) => agent.bash("echo x | tee src/app.js"),
  "here-document": (agent) => agent.bash("cat <<EOF > src/app.js\nx\nEOF"),
  dd: (agent) => agent.bash("dd if=/dev/zero of=src/app.js bs=1 count=3"),
  python: (agent) => agent.bash(`python3 -c "open('src/app.js','w').write('x')"`),
  node: (agent) => agent.bash(`node -e "require('fs').writeFileSync('src/app.js','x')"`),
  "perl -i": (agent) => agent.bash("perl -pi -e 's/1/2/' src/app.js"),
  "sed -i": (agent) => agent.bash("sed -i s/1/2/ src/app.js"),
  "sed -i with a decoy operand": (agent) => agent.bash("sed -i s/1/2/ src/app.js test/app.test.js"),
  "git apply": (agent) => agent.bash(`git apply <<'EOF'\n${patch}EOF`),
  patch: (agent) => agent.bash(`patch -p1 <<'EOF'\n${patch}EOF`),
  install: (agent) => agent.bash("install -m 644 test/app.test.js src/app.js"),
  cp: (agent) => agent.bash("cp test/app.test.js src/app.js"),
  "mv over": (agent) => agent.bash("cp test/app.test.js test/copy.js && mv test/copy.js src/app.js"),
  rm: (agent) => agent.bash("rm src/app.js"),
  "rm -r of the directory": (agent) => agent.bash("rm -rf src"),
  "rename of the directory": (agent) => agent.bash("mv src lib"),
  "hard link and write": (agent) => agent.bash("ln src/app.js test/hard.js && echo x > test/hard.js"),
  tar: (agent) =>
    agent.bash("mkdir -p /tmp/t/src && echo x > /tmp/t/src/app.js && tar -C /tmp/t -cf - src | tar -xf -"),
  "a script in an allowed path": (agent) => agent.bash("echo 'echo x > src/app.js' > test/run.sh && sh test/run.sh"),
  "bash -c": (agent) => agent.bash(`bash -c "echo x > src/app.js"`),
  "base64 piped to sh": (agent) => agent.bash("echo ZWNobyB4ID4gc3JjL2FwcC5qcwo= | base64 -d | sh"),
  xargs: (agent) => agent.bash("echo src/app.js | xargs rm"),
  "find -exec": (agent) => agent.bash("find src -name app.js -exec truncate -s 0 {} +"),
  "find -delete": (agent) => agent.bash("find src -type f -delete"),
  "path in a variable": (agent) => agent.bash("F=src/app.js; echo x > $F"),
  "/proc/self/cwd": (agent) => agent.bash("echo x > /proc/self/cwd/src/app.js"),
  "/proc/self/root": (agent) =>
    agent.bash("echo x > /proc/self/root/workspace/src/app.js || echo x > /proc/self/root$PWD/src/app.js"),
  "a background process": (agent) => agent.bash("(sleep 0.2; echo x > src/app.js) & disown; sleep 0.4"),
  "a detached process": (agent) => agent.bash("setsid sh -c 'echo x > src/app.js' & sleep 0.3"),
  "mode bits": (agent) => agent.bash("chmod 777 src/app.js"),
  "a symbolic link in place of a file": (agent) => agent.bash("rm src/app.js && ln -s ../test/app.test.js src/app.js"),
  "same size, restored time": (agent) =>
    agent.bash("cp -p src/app.js /tmp/a; sed -i s/1/7/ src/app.js; touch -r /tmp/a src/app.js"),
  "git checkout of other content": (agent) =>
    agent.bash(
      "git -c user.name=a -c user.email=a@b stash -q; echo x > src/app.js; git -c user.name=a -c user.email=a@b commit -qam x",
    ),
  "an exit code that lies": (agent) => agent.bash("echo x > src/app.js; exit 0"),
  "a nested repository": (agent) => agent.bash("git init -q src/nested && echo x > src/nested/a"),
};

describe("in a phase that may write only test/**, src/ stays as it was", () => {
  let server: TestServer;
  let agent: Agent;
  let before: Record<string, string>;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow,
      files: { "src/app.js": "export const one = 1;\n", "src/deep/b.js": "b\n", "test/app.test.js": "// none\n" },
    });
    await server.operator.post("/tasks", { title: "Confine me" });
    agent = await Agent.claim(await server.agent("mallory"), "mallory");
    before = sourceOf(agent);
  });
  afterAll(() => server.stop());

  test.each(Object.entries(ways))("%s", async (_name, way) => {
    const answer = await way(agent);
    const refused = answer.status !== 200;
    const failed = (answer.body["result"] as Record<string, unknown> | undefined)?.["exit_code"] !== 0;
    expect(refused || failed).toBe(true);
    if (refused) expect(answer.status).toBe(403);
    expect(sourceOf(agent)).toEqual(before);
    expect(existsSync(`${agent.workspace}/lib`)).toBe(false);
  });

  test("and what the phase may change can still be changed", async () => {
    const answer = await agent.bash("echo '// more' >> test/app.test.js");
    expect(answer.body).toMatchObject({ result: { exit_code: 0, changed_paths: ["test/app.test.js"] } });
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
  });
});

function sourceOf(agent: Agent): Record<string, string> {
  return Object.fromEntries(Object.entries(listTree(agent.workspace)).filter(([path]) => path.startsWith("src/")));
}
