import type { DetectedProject } from "./project.ts";
import { filesAmong, foldersAmong } from "./folders.ts";
import type { ProjectFiles } from "./project-files.ts";

/** A module with a go.mod at its root. Its tests lie beside its sources; freezing them is what keeps them apart. */
export function detectGo(files: ProjectFiles): DetectedProject | null {
  const manifest = files.read("go.mod");
  if (manifest === null) return null;
  const name = /^module\s+(\S+)/m.exec(manifest)?.[1]?.split("/").at(-1) ?? null;
  return {
    name,
    language: "Go",
    runner: { preset: "go", measuresCoverage: false },
    because: "there is a `go.mod`",
    tests: ["**/*_test.go", "**/testdata/**"],
    source: ["**/*.go", "go.mod", "go.sum"],
    rules: [],
    setup: null,
    setupAdvice: files.paths.includes("go.sum") ? "commit `vendor`, as `go mod vendor` makes it" : null,
  };
}

/** What Maven or Gradle builds. How it finds its dependencies without network differs too much to be written unseen. */
export function detectJava(files: ProjectFiles): DetectedProject | null {
  const manifests = filesAmong(files, [
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
  ]);
  const tests = files.paths.some((path) => /(^|\/)src\/test\/(java|kotlin|scala|groovy)\//.test(path));
  if (manifests.length === 0 && !tests) return null;
  const wrapper = filesAmong(files, ["gradlew"]).length > 0 ? "./gradlew" : "gradle";
  const isMaven = manifests.includes("pom.xml") || manifests.length === 0;
  const command = isMaven ? "mvn --offline -q test" : `${wrapper} --offline test`;
  return {
    name: null,
    language: "Java",
    runner: { preset: "exit-code", command, measuresCoverage: false },
    because: `of \`${command}\` only the exit code is understood`,
    tests: ["**/src/test/**"],
    source: ["**/src/main/**"],
    rules: manifests,
    setup: null,
    setupAdvice: isMaven
      ? "setup `mvn -Dmaven.repo.local=.m2 dependency:go-offline`, ignore `.m2/**`, and the same -D in `evidence.tests`"
      : "setup `GRADLE_USER_HOME=.gradle-home gradle testClasses`, ignore `.gradle-home/**`, the same in `evidence.tests`",
  };
}

/** A crate or workspace with a Cargo.toml at its root. */
export function detectRust(files: ProjectFiles): DetectedProject | null {
  const manifest = files.read("Cargo.toml");
  if (manifest === null) return null;
  return {
    name: /^\s*name\s*=\s*"([^"\n]+)"/m.exec(manifest)?.[1] ?? null,
    language: "Rust",
    runner: { preset: "cargo", measuresCoverage: false },
    because: "there is a `Cargo.toml`",
    tests: ["tests/**", "**/tests/**"],
    source: [...foldersAmong(files, ["src", "crates"]), "Cargo.toml", ...filesAmong(files, ["Cargo.lock", "build.rs"])],
    rules: filesAmong(files, [".cargo/config.toml"]),
    setup: null,
    setupAdvice: /^\[(dev-)?dependencies\]/m.test(manifest)
      ? "commit `vendor` and `.cargo/config.toml`, as `cargo vendor` makes them"
      : null,
  };
}
