import { expect, test } from "vitest";
import { parseWorkspacePath } from "./workspace-path.ts";

const host = "/data/ws/task_1";
const parse = (path: string): string => {
  const parsed = parseWorkspacePath(path, host);
  return parsed.status === "inside" ? parsed.path : parsed.code;
};

test.each([
  ["src/a.ts", "src/a.ts"],
  ["./src//a.ts", "src/a.ts"],
  ["src/../test/a.ts", "test/a.ts"],
  ["/workspace/src/a.ts", "src/a.ts"],
  ["/workspace", ""],
  ["/data/ws/task_1/src/a.ts", "src/a.ts"],
  [".", ""],
  ["src/", "src"],
  ["src/a.ts.", "src/a.ts."],
  ["SRC/a.ts", "SRC/a.ts"],
  ["u\u0308/\u00fc", "u\u0308/\u00fc"],
  ["~/x", "~/x"],
  ["a\\..\\b", "a\\..\\b"],
  ["...", "..."],
  ["with\nline", "with\nline"],
])("%j is %j in the workspace", (path, expected) => {
  expect(parse(path)).toBe(expected);
});

test.each([
  ["..", "path_outside_workspace"],
  ["../x", "path_outside_workspace"],
  ["src/../../x", "path_outside_workspace"],
  ["/etc/passwd", "path_outside_workspace"],
  ["/workspace/../etc/passwd", "path_outside_workspace"],
  ["/workspaces/x", "path_outside_workspace"],
  ["/data/ws/task_10/x", "path_outside_workspace"],
  ["/data/ws/task_1/../task_2/x", "path_outside_workspace"],
  ["/proc/self/root/etc/passwd", "path_outside_workspace"],
  ["//workspace/x", "path_outside_workspace"],
  ["", "path_invalid"],
  ["a\0b", "path_invalid"],
  ["\ud800", "path_invalid"],
  ["a/".repeat(3000), "path_invalid"],
  ["a".repeat(256), "path_invalid"],
])("%j is refused as %s", (path, expected) => {
  expect(parse(path)).toBe(expected);
});
