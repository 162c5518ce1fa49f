import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Entry {
  readonly version?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

// `npm ci` refuses a lock file in which one is missing, and an install on one platform can leave the others out.
test.each(["../package-lock.json", "../test/runtimes/package-lock.json"])("every platform is locked in %s", (file) => {
  const lock = JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as {
    readonly packages: Readonly<Record<string, Entry>>;
  };
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages),
    ),
  );
  expect(missing).toEqual([]);
});
