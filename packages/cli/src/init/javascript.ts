import type { DetectedProject, TestRunner } from "./project.ts";
import { filesAmong, foldersAmong, foldersAnywhere } from "./folders.ts";
import type { ProjectFiles } from "./project-files.ts";

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly jest?: unknown;
}

const setups: readonly (readonly [string, string])[] = [
  ["package-lock.json", "npm ci"],
  ["npm-shrinkwrap.json", "npm ci"],
  ["pnpm-lock.yaml", "pnpm install --frozen-lockfile"],
  ["yarn.lock", "yarn install --frozen-lockfile"],
  ["bun.lock", "bun install --frozen-lockfile"],
];

/** A project with a package.json at its root. */
export function detectJavaScript(files: ProjectFiles): DetectedProject | null {
  const manifest = readManifest(files);
  if (manifest === null) return null;
  const dependencies = { ...manifest.dependencies, ...manifest.devDependencies };
  const lock = setups.find(([file]) => files.paths.includes(file));
  const folders = foldersAmong(files, ["src", "lib", "app", "bin", "packages"]);
  return {
    name: manifest.name ?? null,
    language: files.paths.includes("tsconfig.json") ? "TypeScript" : "JavaScript",
    ...runnerOf(manifest, dependencies),
    tests: [
      ...foldersAnywhere(files, ["test", "tests", "__tests__"]),
      ...foldersAmong(files, ["spec"]),
      "**/*.test.*",
      "**/*.spec.*",
    ],
    source: [
      ...(folders.length > 0 ? folders : ["*.js", "*.ts"]),
      "package.json",
      ...filesAmong(
        files,
        setups.map(([file]) => file),
      ),
    ],
    rules: [
      ...["vitest", "jest"].filter((name) => name in dependencies).map((name) => `${name}.config.*`),
      "package.json#/scripts",
      ...("jest" in dependencies || manifest.jest !== undefined ? ["package.json#/jest"] : []),
      // What vite loads into the process that writes the report.
      ...("vitest" in dependencies ? ["**/postcss.config.*", "**/.postcssrc*", "**/package.json#/postcss"] : []),
    ],
    setup: lock && Object.keys(dependencies).length > 0 ? lock[1] : null,
    setupAdvice: null,
  };
}

function runnerOf(manifest: Manifest, dependencies: object): { runner: TestRunner; because: string } {
  const measures = (preset: TestRunner["preset"]): boolean =>
    preset !== "vitest" || "@vitest/coverage-v8" in dependencies || "@vitest/coverage-istanbul" in dependencies;
  for (const preset of ["vitest", "jest"] as const) {
    if (preset in dependencies)
      return { runner: { preset, measuresCoverage: measures(preset) }, because: `\`${preset}\` is a dependency` };
  }
  if (manifest.jest !== undefined)
    return { runner: { preset: "jest", measuresCoverage: true }, because: "package.json configures jest" };
  const script = manifest.scripts?.["test"];
  if (script === undefined || script.includes("no test specified")) {
    return { runner: { preset: "node", measuresCoverage: true }, because: "package.json names no other test runner" };
  }
  if (/\bnode\b.*--test\b/.test(script))
    return { runner: { preset: "node", measuresCoverage: true }, because: `\`npm test\` is \`${script}\`` };
  const because = `\`npm test\` is \`${script}\`, of which only the exit code is understood`;
  return { runner: { preset: "exit-code", command: "npm test", measuresCoverage: false }, because };
}

function readManifest(files: ProjectFiles): Manifest | null {
  try {
    return JSON.parse(files.read("package.json") ?? "null") as Manifest | null;
  } catch {
    return null;
  }
}
