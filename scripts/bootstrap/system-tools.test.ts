import { expect, test } from "vitest";
import { planInstall } from "./system-tools.mjs";

const machine = (programs: string[], over = {}) => ({
  platform: "linux",
  isRoot: false,
  ci: false,
  interactive: false,
  has: (program: string) => programs.includes(program),
  ...over,
});

test("a machine that has every tool is left alone", () => {
  expect(planInstall(machine(["git", "bwrap", "rg", "apt-get"])).action).toBe("nothing");
});

test("root installs unattended, without sudo", () => {
  const plan = planInstall(machine(["git", "apt-get"], { isRoot: true }));
  expect(plan.action).toBe("install");
  expect(plan.commands).toEqual([
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "--no-install-recommends", "bubblewrap", "ripgrep"],
  ]);
});

test("in CI an ordinary user installs with a sudo that never asks", () => {
  const plan = planInstall(machine(["git", "rg", "apt-get", "sudo"], { ci: true }));
  expect(plan.action).toBe("install");
  expect(plan.commands[1]).toEqual(["sudo", "-n", "apt-get", "install", "-y", "--no-install-recommends", "bubblewrap"]);
});

test("a person at a terminal is asked", () => {
  expect(planInstall(machine(["git", "bwrap", "apt-get", "sudo"], { interactive: true })).action).toBe("ask");
});

test("where nobody can be asked the one command is printed", () => {
  const plan = planInstall(machine(["git", "bwrap", "apt-get", "sudo"]));
  expect(plan.action).toBe("print");
  expect(plan.typed).toBe("sudo apt-get update -qq && sudo apt-get install -y --no-install-recommends ripgrep");
});

test("only apt-get is used unattended; other package managers are named", () => {
  const plan = planInstall(machine(["git", "rg", "dnf"], { isRoot: true }));
  expect(plan.action).toBe("print");
  expect(plan.typed).toBe("dnf install -y bubblewrap");
});

test("bubblewrap is not asked for where it does not exist", () => {
  expect(planInstall(machine(["git", "rg"], { platform: "darwin" })).action).toBe("nothing");
});
