import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TaskId } from "@phasegate/wire";
import type { Workbench } from "../testing/fixture.ts";
import { changed, openEvidenceBench, testsOf } from "./evidence.fixture.ts";

// What setup made says when it was made, so that two layers never look alike.
const setup = [
  "if grep -q broken package.json; then echo 'no such package'; exit 3; fi",
  "mkdir -p vendor",
  "date +%s%N > vendor/made",
  "cp package.json vendor/package.json",
  "echo changed by setup > src/kept.txt",
].join("\n");
const report =
  "cat vendor/made; cat vendor/package.json src/kept.txt; ls src; cat vendor/poison 2>/dev/null; echo x > vendor/poison";

let bench: Workbench;
beforeAll(async () => {
  bench = await openEvidenceBench(
    { "package.json": "{}\n", "src/kept.txt": "from the tree\n", "src/deleted.txt": "" },
    { command: report, format: "exit-code", retries: 0 },
    { rules: { setup: { command: setup, inputs: ["package.json"] }, ignore: ["vendor"] } },
  );
});
afterAll(() => bench[Symbol.asyncDispose]());

const layers = () => readdirSync(path.join(bench.dataDir, "runner", "layers"));

it("runs that ask at once share one layer, and what one writes into it the next does not see", async () => {
  const [left, right] = await Promise.all([testsOf(bench), testsOf(bench)]);
  const later = await testsOf(bench);
  expect(left.status).toBe("completed");
  expect(left.output).toMatch(/^\d+\n\{\}\nfrom the tree\ndeleted.txt\nkept.txt$/);
  expect([right.output, later.output, right.key]).toEqual([left.output, left.output, left.key]);
  expect(layers()).toHaveLength(1);
});

it("a file that the tree deleted does not come back from the base", async () => {
  const run = await testsOf(bench, await changed(bench, { "src/deleted.txt": null }));
  expect(run.output).toMatch(/from the tree\nkept.txt$/);
  expect(run.dependencyChange).toEqual([]);
  expect(layers()).toHaveLength(1);
});

it("a changed input has a layer of the task's own, and is named", async () => {
  const base = await testsOf(bench);
  const tree = await changed(bench, { "package.json": '{"a":1}\n' });
  const run = await testsOf(bench, tree);
  expect([run.dependencyChange, run.output.split("\n")[1], run.key === base.key]).toEqual([
    ["package.json"],
    '{"a":1}',
    false,
  ]);
  const other = { ...bench.key, taskId: "task_other1" as TaskId };
  const others = await testsOf(bench, tree, { task: other });
  expect(others.output.split("\n")[0]).not.toBe(run.output.split("\n")[0]);
  expect((await testsOf(bench)).output).toBe(base.output);
});

it("a setup that fails is said, and not kept", async () => {
  const before = layers();
  const run = await testsOf(bench, await changed(bench, { "package.json": "broken\n" }));
  expect([run.status, run.exitCode, run.output]).toEqual(["setup_failed", null, "no such package\nsetup: exit code 3"]);
  expect(layers()).toEqual(before);
});

it("layers outlive the runner", async () => {
  const first = await testsOf(bench);
  const again = await testsOf({ ...bench, runner: await bench.reopen() });
  expect(again.output).toBe(first.output);
});

describe("the network of setup", () => {
  const secret = "what only the host may read";
  const host = createServer((_, response) => response.end(secret));
  let inside: Workbench;
  let port: number;
  beforeAll(async () => {
    await once(host.listen(0, "127.0.0.1"), "listening");
    ({ port } = host.address() as AddressInfo);
    inside = await openEvidenceBench(
      { "package.json": "true\n" },
      { command: "cat vendor/seen", format: "exit-code", retries: 0 },
      {
        rules: {
          setup: { command: "mkdir -p vendor; bash package.json > vendor/seen 2>&1", inputs: ["package.json"] },
          ignore: ["vendor"],
        },
        options: { sandbox: "required", setupHosts: [`localhost:${String(port)}`] },
      },
    );
  });
  afterAll(async () => {
    host.close();
    await inside[Symbol.asyncDispose]();
  });
  const seenBy = async (script: string): Promise<string> => {
    const run = await testsOf(inside, await changed(inside, { "package.json": `${script}\n` }));
    return run.output;
  };

  it("has nothing of the machine: no loopback, through its proxy or past it", async () => {
    const url = `http://127.0.0.1:${String(port)}/`;
    const script = [
      `node -e 'fetch("${url}").then(async (answer) => console.log(await answer.text())).catch((error) => console.log(error.cause.code))'`,
      // Past the exception for its own loopback: as a client that asks the proxy for everything.
      "exec 3<>/dev/tcp/127.0.0.1/${HTTP_PROXY##*:}",
      `printf 'GET ${url} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3`,
      "grep -c : /proc/net/dev",
    ].join("\n");
    const seen = await seenBy(script);
    expect(seen).not.toContain(secret);
    expect(seen).toContain("ECONNREFUSED");
    expect(seen).toMatch(
      /HTTP\/1.1 403 [^]*is no public address on port 80 or 443; `runner.setup_hosts` allows others/,
    );
    expect(seen).toMatch(/^1$/m);
  });

  it("reaches a private host that the operator allowed", async () => {
    const ask = `require("node:http").get({ host: "127.0.0.1", port: new URL(process.env.HTTP_PROXY).port, path: "http://localhost:${String(port)}/" }, (answer) => answer.pipe(process.stdout))`;
    expect(await seenBy(`node -e '${ask}'`)).toBe(secret);
  });

  it("says what was refused where its command fails", async () => {
    const connect = String.raw`exec 3<>/dev/tcp/127.0.0.1/${"$"}{HTTP_PROXY##*:}; printf 'CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n' >&3`;
    const tree = await changed(inside, { "package.json": `${connect}; head -1 <&3; exit 7\n` });
    const run = await testsOf(inside, tree);
    expect(run.status).toBe("setup_failed");
    expect(run.output).toMatch(/^setup: exit code 7; `169\.254\.169\.254:80` is no public address/);
  });
});
