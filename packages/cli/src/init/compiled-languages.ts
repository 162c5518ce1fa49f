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
