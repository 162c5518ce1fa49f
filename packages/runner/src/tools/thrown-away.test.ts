import { expect, it } from "vitest";
import { ThrownAway } from "./thrown-away.ts";

/** What its script prints last, with these names. */
function after(thrownAway: ThrownAway, names: string): string {
  const mark = /phasegate-[\w-]+/.exec(thrownAway.argv(["true"], 0).join(" "))?.[0];
  return `${mark ?? ""}${names}`;
}

it("takes what was said after the command out of what it printed", () => {
  const thrownAway = new ThrownAway();
  expect(thrownAway.read(`oops${after(thrownAway, "d src\nf src/a b\nl link")}`)).toEqual({
    printed: "oops",
    paths: ["src/a b", "link"],
  });
});

it("names a folder where nothing in it was seen: something is gone from it", () => {
  const thrownAway = new ThrownAway();
  expect(thrownAway.read(after(thrownAway, "d "))).toEqual({ printed: "", paths: ["."] });
});

it("says nothing of a command that changed nothing, or was ended before", () => {
  const thrownAway = new ThrownAway();
  expect(thrownAway.read(after(thrownAway, ""))).toEqual({ printed: "", paths: [] });
  expect(thrownAway.read("words")).toEqual({ printed: "words", paths: [] });
});
