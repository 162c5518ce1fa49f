import { expect, test } from "vitest";
import { mappedNames } from "./mapped-names.ts";

const to = "test/support/rates";

test.each<[rule: string, path: string, text: string, name: string]>([
  ["`imports` of a manifest", "package.json", `{"imports":{"#r":"./${to}.js"}}`, "#r"],
  ["conditions of it", "package.json", `{"imports":{"#r":{"node":["./${to}.js"],"default":"./a.js"}}}`, "#r"],
  ["patterns of it", "package.json", '{"imports":{"#s/*.js":"./test/support/*.mjs"}}', "#s/rates.js"],
  ["a package by its own name", "package.json", `{"name":"shop","exports":"./${to}.js"}`, "shop"],
  ["a way into it", "package.json", `{"name":"@a/shop","exports":{"./r":{"import":"./${to}.js"}}}`, "@a/shop/r"],
  ["its main file", "package.json", `{"name":"shop","main":"${to}.js"}`, "shop"],
  ["a package of the tests' own", "test/support/package.json", '{"name":"rates","main":"./rates.js"}', "rates"],
  ["a dependency that is a folder", "package.json", `{"dependencies":{"r":"file:./${to}"}}`, "r"],
  ["`paths` of a compiler", "tsconfig.json", `{ // more\n"compilerOptions":{"paths":{"@r":["./${to}.ts",],},},}`, "@r"],
  [
    "`paths` from a folder",
    "tsconfig.base.json",
    '{"compilerOptions":{"baseUrl":"./test","paths":{"~s/*":["support/*"]}}}',
    "~s/rates",
  ],
  ["a folder of a compiler", "tsconfig.json", '{"compilerOptions":{"baseUrl":"test/support"}}', "rates"],
  ["`alias`", "vitest.config.ts", `export default { test: { alias: { rates: "/${to}.ts" } } };`, "rates"],
  [
    "a folder as `alias`",
    "vite.config.ts",
    'export default { resolve: { alias: { "r": new URL("./test/support", import.meta.url).pathname } } };',
    "r/rates.js",
  ],
  [
    "an `alias` that is put together",
    "vitest.config.js",
    'export default { resolve: { alias: { rates: path.join(root, "test", "support", "rates.js") } } };',
    "rates",
  ],
  [
    "an `alias` of an expression",
    "vite.config.mjs",
    'export default { alias: [{ find: /^#(.*)$/, replacement: "/test/support/$1.js" }] };',
    "#rates",
  ],
  [
    "`moduleNameMapper`",
    "jest.config.cjs",
    'module.exports = { moduleNameMapper: { "^#(.*)$": "<rootDir>/test/support/$1" } };',
    "#rates",
  ],
])("%s leads to a path", (_, path, text, name) => {
  expect(mappedNames([{ path, text }])(name)).toContain(to);
});

test.each<[rule: string, path: string, text: string, name: string]>([
  ["another name", "package.json", `{"imports":{"#r":"./${to}.js"}}`, "#a"],
  ["a dependency with a version", "package.json", `{"dependencies":{"rates":"${to}"}}`, "rates"],
  ["a setup file", "vitest.config.ts", `export default { test: { setupFiles: ["./${to}.ts"] } };`, "rates"],
  ["a text that is none", "package.json", "{", "rates"],
])("%s does not", (_, path, text, name) => {
  expect(mappedNames([{ path, text }])(name)).not.toContain(to);
});
