import { expect, test } from "vitest";
import { misfitMessage } from "./artifacts.ts";

test.each([
  ["/summary", "artifact `plan` at `/summary`: must be a string"],
  ["", "artifact `plan`: must be a string"],
])("a misfit names its place in the artifact, and none where it is the whole: `%s`", (place, message) => {
  expect(misfitMessage("plan", { place, message: "must be a string" })).toBe(message);
});
