import { expect, test } from "vitest";
import { launchesFromAwk } from "./awk-code.ts";

test.each([
  ["a call", 'BEGIN { system("id") }'],
  ["a pipe", '{ print | "sh" }'],
  ["a pipe to a filter that is told what to run", '{ print | "sort --compress-program=sh" }'],
  ["a command that is put together", '{ print | "sort" $1 }'],
  ["what is read", '{ "id" | getline x }'],
  ["a call by name", 'BEGIN { f = "system"; @f("id") }'],
  ["a call behind a pattern of a quote", '/"/ { system("id") } /"/'],
  ["a call behind a pattern of a comment", '/#/ { system("id") }'],
  ["a slash that may divide or begin a pattern", '{ if (1) /"/; system("id") #"/\n}'],
  ["a bracket in a pattern, which one awk reads otherwise than another", '/[/]"/ { system("id") } /"/'],
  ["a text without an end", '{ print "a }'],
])("%s may run a command", (_, code) => {
  expect(launchesFromAwk(code)).toBe(true);
});

test.each([
  ["a text", '{ print "system(id) | sh" }'],
  ["a pattern", "/a|system(b)/ { n++ }"],
  ["a condition", "$1 || $2 / 2 { n++ } END { print n / 3 }"],
  ["a comment", "{ print } # | sh"],
  ["a pipe to a filter", '{ print $1 | "sort -u" } END { close("sort -u") }'],
  ["the date", 'BEGIN { "date +%F" | getline day; while (("ls -l" | getline line) > 0) n++ }'],
  ["nothing to run", 'END { system("") }'],
])("%s runs none", (_, code) => {
  expect(launchesFromAwk(code)).toBe(false);
});
