import { execFileSync } from "node:child_process";
import { describe } from "vitest";
import { describeSentences } from "./table.ts";

describe.skipIf(!isThere())("where pytest can be imported", () => {
  describeSentences("pytest");
});

function isThere(): boolean {
  try {
    execFileSync("python3", ["-c", "import pytest"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
