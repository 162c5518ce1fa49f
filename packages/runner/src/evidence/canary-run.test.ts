import { expect, it } from "vitest";
import { oneForEachSetup } from "./canary-run.ts";

it.each([
  ["no folder with a setup", [], ["b/t.py", "a/t.py"], 1],
  ["one that is not in front", [["zz", false]], ["b/t.py", "zz/t.py", "a/t.py"], 2],
  [
    "one that the task changed",
    [
      ["b", false],
      ["zz", true],
    ],
    ["zz/t.py", "b/t.py", "a/t.py"],
    3,
  ],
  [
    "one above others",
    [
      ["a", false],
      ["a/deep", true],
    ],
    ["a/deep/t.py", "b/t.py", "a/t.py"],
    3,
  ],
] as const)("the first file of each folder with a setup is in front, with %s", (_, folders, ordered, setups) => {
  const candidates = ["b/t.py", "a/t.py", ...ordered.filter((file) => !["b/t.py", "a/t.py"].includes(file))];
  expect(oneForEachSetup(candidates, new Map(folders))).toEqual({ ordered, setups });
});
