import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const files: Readonly<Record<string, string>> = {
  "package.json": `${JSON.stringify({ name: "shop", private: true, type: "module", scripts: { test: "node --test" } }, null, 2)}\n`,
  "src/price.js": "export function price(amount) {\n  return amount;\n}\n",
  "test/price.test.js": [
    'import assert from "node:assert/strict";',
    'import test from "node:test";',
    'import { price } from "../src/price.js";',
    "",
    'test("one costs one", () => assert.equal(price(1), 1));',
    "",
  ].join("\n"),
};

/** A small repository with one commit, the workflow beside it. Needs nothing of the user's git configuration. */
export function makeSampleRepository(directory: string): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  copyFileSync(new URL("agent_workflow.yaml", import.meta.url), join(directory, "agent_workflow.yaml"));
  const git = (...args: string[]) => execFileSync("git", ["-C", directory, ...args], { stdio: "pipe" });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("-c", "user.name=demo", "-c", "user.email=demo@localhost", "commit", "-q", "-m", "Sell things");
}
