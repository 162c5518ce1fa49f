import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL(".", import.meta.url));

const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$|^testing\//.test(file))
  .map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));

test("there is something to look at", () => {
  expect(sources.length).toBeGreaterThan(10);
});

test.each(sources)("$file imports only its neighbours, and types of the wire", ({ text }) => {
  const imports = [...text.matchAll(/^(?:import|export)\s(?<what>[^;]*?)from\s+"(?<from>[^"]+)"/gms)];
  const others = imports.filter(({ groups }) => !groups?.["from"]?.startsWith("."));
  for (const { groups } of others) {
    expect(groups?.["from"]).toBe("@phasegate/wire");
    expect(groups?.["what"]).toMatch(/^type\s/);
  }
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
