import { describe, expect, test } from "vitest";
import { changed } from "../../checks/testing/check-case.ts";
import { changedSettings } from "./changed-settings.ts";

type Text = string | object | null;

/** What is told of one lock file; `before` null: it is new. */
function told(path: string, before: Text, after: Text): readonly string[] {
  const textOf = (text: Text): string | null =>
    text === null || typeof text === "string" ? text : JSON.stringify(text, null, 2);
  return changedSettings({
    paths: ["test/a.test.js", path],
    changes: [changed(path, before === null ? "added" : "modified")],
    contents: { [path]: { before: textOf(before), after: textOf(after) } },
    commands: ["npm test"],
    cwd: ".",
    isTest: (one) => one.startsWith("test/"),
  });
}

const registry = "https://registry.npmjs.org";
const locked = (name: string, version: string, more: object = {}) => ({
  [`node_modules/${name}`]: {
    version,
    resolved: `${registry}/${name}/-/${name}-${version}.tgz`,
    integrity: "sha512-a",
    ...more,
  },
});
const lock = (...packages: readonly object[]) => ({
  lockfileVersion: 3,
  packages: Object.assign({ "": {} }, ...packages) as object,
});
const lockBefore = lock(locked("chai", "6.0.0"), locked("esbuild", "1.0.0", { hasInstallScript: true }));
const folder = { "src/format": { name: "chai", version: "6.0.0" } };

describe("a lock file is told at a package that was there and", () => {
  test.each<[rule: string, now: object, place: string]>([
    ["becomes a folder", lock({ "node_modules/chai": { resolved: "src/format", link: true } }, folder), "chai"],
    [
      "is shadowed by a folder where another loads it",
      lock(locked("chai", "6.0.0"), {
        "node_modules/vitest/node_modules/chai": { resolved: "src/format", link: true },
      }),
      "vitest~1node_modules~1chai",
    ],
    [
      "comes from another address",
      lock(locked("chai", "6.0.0", { resolved: "https://x.example/chai/-/chai-6.0.0.tgz" })),
      "chai",
    ],
    [
      "comes from another package",
      lock(locked("chai", "6.0.0", { resolved: `${registry}/chay/-/chay-6.0.0.tgz` })),
      "chai",
    ],
    ["is checked no more", lock(locked("chai", "6.0.1", { integrity: undefined })), "chai"],
    ["runs a script as it is installed", lock(locked("chai", "6.0.1", { hasInstallScript: true })), "chai"],
  ])("%s", (_, now, place) => {
    expect(told("package-lock.json", lockBefore, now)).toEqual([`package-lock.json#/packages/node_modules~1${place}`]);
  });

  test("not at a new package, a version, one that is gone, or the link of a new workspace", () => {
    const link = {
      "node_modules/@shop/rates": { resolved: "packages/rates", link: true },
      "packages/rates": { version: "1.0.0" },
    };
    const now = lock(locked("chai", "6.1.0"), locked("sharp", "1.0.0", { hasInstallScript: true }), link);
    expect(told("package-lock.json", lockBefore, now)).toEqual([]);
    expect(told("package-lock.json", null, lockBefore)).toEqual([]);
    expect(told("uv.lock", null, 'source = { editable = "." }\n')).toEqual([]);
    expect(told("package-lock.json", null, lock(link))).toEqual([
      "package-lock.json#/packages/node_modules~1@shop~1rates",
    ]);
  });

  test.each([
    ["yarn.lock", '  resolved "https://registry.yarnpkg.com/a/-/a-1.0.1.tgz#x"\n', '  resolved "file:src/format"\n'],
    ["pnpm-lock.yaml", "  chai@6.1.0:\n    resolution: {integrity: sha512-a}\n", "        version: link:src/format\n"],
    ["requirements.txt", "pytest==9.0.0\nhttpx>=1\n", "-e ./src/pytest\n"],
    ["requirements-dev.txt", "pytest ~= 9.0 # for ./tests\n", "pytest @ file:src/pytest\n"],
    ["uv.lock", '[[package]]\nname = "httpx"\nversion = "1.0"\n', 'source = { editable = "src/pytest" }\n'],
  ])("in %s by a line that leads to a folder or another address", (path, usual, leading) => {
    expect(told(path, "# before\n", `# before\n${usual}`)).toEqual([]);
    expect(told(path, "# before\n", `# before\n${usual}${leading}`)).toEqual([path]);
  });

  test("is told as a whole where it cannot be read any more", () => {
    expect(told("package-lock.json", lockBefore, "{")).toEqual(["package-lock.json"]);
  });
});
