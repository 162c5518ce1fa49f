import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { clearSpecialBits, measureUse, removeSince } from "./workspace-use.ts";

const root = mkdtempSync(join(tmpdir(), "workspace-use-"));
afterAll(() => rmSync(root, { recursive: true }));

// A folder and a file whose names are no text in UTF-8, and a name that holds what bytes become that are none.
const folder = Buffer.concat([Buffer.from(`${root}/q`), Buffer.of(0xff)]);
const program = Buffer.concat([folder, Buffer.from("/s")]);
const replaced = join(root, "a\uFFFDb");
mkdirSync(folder);
writeFileSync(program, "x".repeat(100_000));
writeFileSync(replaced, "");
chmodSync(program, 0o4755);
chmodSync(replaced, 0o2755);

test("what stands under a name that is no text is measured, and loses its special bits", () => {
  const bounds = { maxBytes: 1e9, maxEntries: 100 };
  const use = measureUse(root, bounds);
  expect(use).toMatchObject({ entries: 3, whole: true, hasSpecialBits: true });
  expect(use.bytes).toBeGreaterThanOrEqual(100_000);
  clearSpecialBits(root, []);
  expect(statSync(program).mode & 0o7777).toBe(0o755);
  expect(statSync(replaced).mode & 0o7777).toBe(0o755);
  expect(measureUse(root, bounds).hasSpecialBits).toBe(false);
  removeSince(root, { sinceMs: 0, keep: [] });
  expect(() => statSync(program)).toThrow("ENOENT");
});
