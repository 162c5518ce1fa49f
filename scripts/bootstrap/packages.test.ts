import { expect, test } from "vitest";
import { isInstalled } from "./packages.mjs";

const lock = (packages: object) => JSON.stringify({ packages });
const wanted = lock({
  "": { name: "root" },
  "packages/cli": { version: "0.1.0" },
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/only-windows": { version: "1.0.0", optional: true },
});

test("packages installed by hand are not installed again", () => {
  expect(isInstalled(wanted, lock({ "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } }))).toBe(true);
});

test("another version, another content, or a package that is not there means installing", () => {
  expect(isInstalled(wanted, lock({ "node_modules/a": { version: "1.0.1", integrity: "sha512-a" } }))).toBe(false);
  expect(isInstalled(wanted, lock({ "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } }))).toBe(false);
  expect(isInstalled(wanted, lock({}))).toBe(false);
  expect(isInstalled(wanted, null)).toBe(false);
});
