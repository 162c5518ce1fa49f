import { expect, test } from "vitest";
import { managedToolchains } from "./toolchain-managers.ts";

test("a program on PATH finds its toolchains where it was installed, in another person's home too", async () => {
  const { parts, environment } = await managedToolchains({}, "/home/agent", ["/srv/ada/.pyenv/shims", "/usr/bin"]);
  expect(environment).toEqual({ PYENV_ROOT: "/srv/ada/.pyenv" });
  expect(parts).toContain("/srv/ada/.pyenv/versions");
});

test("a manager that no directory of PATH belongs to shows nothing", async () => {
  expect(await managedToolchains({}, "/home/agent", ["/srv/ada/my.pyenv/bin"])).toEqual({
    parts: [],
    environment: {},
  });
});
