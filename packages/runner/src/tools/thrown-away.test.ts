import { expect, it } from "vitest";
import { ThrownAway } from "./thrown-away.ts";

/** What its script prints last, with these names. */
function after(thrownAway: ThrownAway, names: string): string {
  const mark = /phasegate-[\w-]+/.exec(thrownAway.argv(["true"], 0).join(" "))?.[0];
  return `${mark ?? ""}${names}`;
}

it("takes what was said after the command out of what it printed", () => {
  const thrownAway = new ThrownAway();
  expect(thrownAway.read(`oops${after(thrownAway, "d src\nf src/a b\nl link\ne ./src/a b")}`, [])).toEqual({
    printed: "oops",
    paths: ["src/a b", "link"],
  });
});

it.each([
  ["a file of a folder", "d src\ne ./src/b", ["src/a", "src/b", "c"], ["src/a"]],
  ["a file beside the folders", "d \ne ./src\ne ./c", ["src/a", "b", "c"], ["b"]],
  ["a whole folder", "d \ne ./c", ["src/a", "src/deep/b", "c"], ["src/a", "src/deep/b"]],
  ["nothing, where a folder came and went", "d \ne ./src\ne ./c", ["src/a", "c"], []],
  ["nothing, where an empty folder came", "d \nd build\ne ./build\ne ./c", ["c"], []],
])("names what is gone: %s", (_, names, tracked, paths) => {
  const thrownAway = new ThrownAway();
  expect(thrownAway.read(after(thrownAway, names), tracked)).toEqual({ printed: "", paths });
});

it("names the folder where too much is in it to know", () => {
  const thrownAway = new ThrownAway();
  const names = `d \n${Array.from({ length: 3_000 }, (_, index) => `e ./${String(index)}`).join("\n")}`;
  expect(thrownAway.read(after(thrownAway, names), ["a"])).toEqual({ printed: "", paths: ["."] });
});

it("says nothing of a command that changed nothing, or was ended before", () => {
  const thrownAway = new ThrownAway();
  expect(thrownAway.read(after(thrownAway, "\n"), ["a"])).toEqual({ printed: "", paths: [] });
  expect(thrownAway.read("words", ["a"])).toEqual({ printed: "words", paths: [] });
});
