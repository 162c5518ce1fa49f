import { expect, test } from "vitest";
import { notSearchedWarnings } from "./not-searched.ts";

test("files that a search passed over are named with the reason, and how many there are more", () => {
  const entry = { file: "log.txt", reason: "more than 8 MiB" };
  const hint = "; search them with a command, for instance `grep` through bash";
  expect(notSearchedWarnings({ not_searched: [entry], not_searched_total: 1 })).toEqual([
    `not searched: \`log.txt\` (more than 8 MiB)${hint}`,
  ]);
  expect(notSearchedWarnings({ not_searched: [entry], not_searched_total: 3 })).toEqual([
    `not searched: \`log.txt\` (more than 8 MiB), and 2 more${hint}`,
  ]);
});

test("a search that saw every file, and any other result, has nothing to say", () => {
  expect(notSearchedWarnings({ matches: [], total: 0 })).toEqual([]);
  expect(notSearchedWarnings(null)).toEqual([]);
});
