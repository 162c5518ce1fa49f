import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { expect, test } from "vitest";

function sourcesOf(path: string): { file: string; text: string }[] {
  const folder = fileURLToPath(new URL(path, import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$|^testing\//.test(file))
    .map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
}

const own = sourcesOf(".");
const policies = sourcesOf("../../resilience/src/");
const sources = [...own, ...policies];

test("there is something to look at", () => {
  expect(sources.length).toBeGreaterThan(10);
});

function importsOf(text: string): { what: string; from: string }[] {
  return [...text.matchAll(/^(?:import|export)\s(?<what>[^;]*?)from\s+"(?<from>[^"]+)"/gms)]
    .map(({ groups }) => ({ what: groups?.["what"] ?? "", from: groups?.["from"] ?? "" }))
    .filter(({ from }) => !from.startsWith("."));
}

test.each(own)("$file imports only its neighbours, policies, and types of the wire", ({ text }) => {
  for (const { what, from } of importsOf(text)) {
    expect(["@phasegate/wire", "@phasegate/resilience"]).toContain(from);
    if (from === "@phasegate/wire") expect(what).toMatch(/^type\s/);
  }
});

test.each(policies)("$file of the policies imports only its neighbours and cockatiel", ({ text }) => {
  for (const { from } of importsOf(text)) expect(from).toBe("cockatiel");
});

test.each(sources)("$file loads nothing while it runs", ({ text }) => {
  expect(text).not.toMatch(/\bimport\s*\(|\brequire\s*\(|^import\s+"/m);
});

test.each(sources)("$file names nothing that only Node has", ({ text }) => {
  expect(text).not.toMatch(/\b(process|Buffer|NodeJS)\.|\b(setImmediate|__dirname|__filename)\b/);
});

test("it works where the globals of Node are missing", async () => {
  const worker = new Worker(new URL("./without-node.fixture.ts", import.meta.url));
  const [answer] = (await once(worker, "message")) as [unknown];
  await worker.terminate();
  expect(answer).toEqual({
    missing: ["process", "global", "setImmediate"],
    outcome: "moved",
    phase: "NEXT",
    content: "x",
    sent: ["/tasks/claim", "/tools/execute", "/tasks/transition", "/state/snapshot", "/tasks/task_1/release"],
  });
});
