import { chmodSync, mkdirSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileCommandPolicy } from "@phasegate/workflow";
import { openSandboxFixture, type SandboxFixture } from "../../packages/runner/src/sandbox/sandboxes.fixture.ts";
import { hidingText } from "./commands/hiding-text.ts";
import { shellText, tokenSoup, variableText } from "./commands/shell-grammar.ts";

let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture();
});
afterAll(() => fixture.close());

/** `PHASEGATE_PROPERTY_SEED=$RANDOM` for other texts than those of every day. */
const seed = Number(process.env["PHASEGATE_PROPERTY_SEED"] ?? 20_261_122);
/** `PHASEGATE_PROPERTY_RUNS=100000` for a soak: only few of the texts that hide a command are allowed, and run. */
const hidingTexts = Number(process.env["PHASEGATE_PROPERTY_RUNS"] ?? 2_000);
const rules = { allowed: "w.yaml:1:1", forbidden: ["w.yaml:2:2"] };
const listing = compileCommandPolicy({ phase: "TDD", allowed: ["alpha"], forbidden: [], rules });
const forbidding = compileCommandPolicy({ phase: "TDD", allowed: null, forbidden: ["omega"], rules });

/** Each text runs in a folder of its own, where `alpha` and `omega` are programs that leave a trace. */
const driver = `
for folder in /workspace/run/*; do
  cd "$folder/work"
  PATH="$folder/bin:$PATH" timeout 5 bash -c "$(cat ../text)" < /dev/null > /dev/null 2>&1
done
sleep 0.2
`;

function prepare(folder: string, text: string): void {
  for (const name of ["bin", "work"]) mkdirSync(join(folder, name), { recursive: true });
  for (const program of ["alpha", "omega"]) {
    const stub = join(folder, "bin", program);
    writeFileSync(stub, `#!/bin/bash\n: > "\${0%/bin/*}/ran-${program}"\necho "$#"\n`);
    chmodSync(stub, 0o755);
  }
  writeFileSync(join(folder, "text"), text);
}

test("bash runs no other program for a text that the policy allows", async () => {
  const texts = [
    ...fc.sample(shellText, { numRuns: 220, seed }),
    ...fc.sample(variableText, { numRuns: 140, seed }),
    ...fc.sample(tokenSoup, { numRuns: 440, seed }),
    ...fc.sample(hidingText, { numRuns: hidingTexts, seed }),
  ];
  const folderOf = (name: string) => join(fixture.workspacePath, "run", name);
  const run = texts.flatMap((text, index) => {
    const isAllowed = listing.judgeCommand(text).allowed || forbidding.judgeCommand(text).allowed;
    return isAllowed ? [{ text, folder: folderOf(String(index)) }] : [];
  });
  // Proof that the traces work: this one is run although it is denied.
  expect(listing.judgeCommand("omega # canary")).toMatchObject({ allowed: false });
  run.push({ text: "omega # canary", folder: folderOf("canary") });
  for (const { text, folder } of run) prepare(folder, text);
  const { ended } = await fixture.sh(driver, { timeoutMs: 200_000 });
  expect(ended).toBe("exited");
  const traced = (program: string) =>
    run.filter(({ folder }) => existsSync(join(folder, `ran-${program}`))).map(({ text }) => text);
  expect(traced("omega")).toEqual(["omega # canary"]);
  expect(traced("alpha").length).toBeGreaterThan(150);
});
