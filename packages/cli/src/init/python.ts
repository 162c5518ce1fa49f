import type { DetectedProject } from "./project.ts";
import { filesAmong, foldersAmong } from "./folders.ts";
import type { ProjectFiles } from "./project-files.ts";

const manifests = ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "requirements-dev.txt", "Pipfile"];
const settings = ["pytest.ini", "tox.ini", "setup.cfg"];

/** A project with one of Python's manifests, or a Python file, at its root, or with tests in Python anywhere. */
export function detectPython(files: ProjectFiles): DetectedProject | null {
  const present = filesAmong(files, manifests);
  const isPython = files.paths.some((path) => /^[^/]+\.py$|(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(path));
  if (present.length === 0 && !isPython) return null;
  const packages = files.paths.flatMap((path) => /^([^/]+)\/__init__\.py$/.exec(path)?.[1] ?? []);
  const names = new Set(["src", "lib", "app", ...packages.filter((name) => !/^tests?$/.test(name))]);
  const folders = foldersAmong(files, [...names]);
  const sign = signOfPytest(files, [...present, ...settings]);
  const unseen = sign === null ? foldersUnseen(files) : [];
  return {
    name: /^\s*name\s*=\s*"([^"\n]+)"/m.exec(files.read("pyproject.toml") ?? "")?.[1] ?? null,
    language: "Python",
    runner: { preset: sign === null ? "unittest" : "pytest", measuresCoverage: namesCoverage(files, present) },
    because: sign ?? "nothing here names pytest",
    tests: [...foldersAmong(files, ["tests", "test"]), "**/test_*.py", "**/*_test.py", "**/conftest.py"],
    source: [...(folders.length > 0 ? folders : ["*.py"]), ...present],
    rules: [
      ...filesAmong(files, settings),
      ...(files.paths.includes("pyproject.toml") ? ["pyproject.toml#/tool/pytest"] : []),
    ],
    setup: null,
    setupAdvice: namesDependencies(files)
      ? "setup `python3 -m pip install --target .python -r requirements.txt`, ignore `.python/**`, env PYTHONPATH `.python`"
      : null,
    ...(unseen.length === 0
      ? {}
      : {
          runnerAdvice:
            `unittest goes only into folders that are packages: add an empty ${unseen.map((folder) => `\`${folder}/__init__.py\``).join(" and ")}, ` +
            "and commit it, or its tests are not run",
        }),
  };
}

/** Folders of tests into which unittest does not go, since they, or one above them, are no packages. */
function foldersUnseen({ paths }: ProjectFiles): readonly string[] {
  const folders = new Set(paths.flatMap((path) => /^(.*)\/test[^/]*\.py$/.exec(path)?.[1] ?? []));
  const above = [...folders].flatMap((folder) =>
    folder.split("/").map((_, index, names) => names.slice(0, index + 1).join("/")),
  );
  return [...new Set(above)].filter((folder) => !paths.includes(`${folder}/__init__.py`));
}

function namesDependencies(files: ProjectFiles): boolean {
  const isListed = files.paths.some((path) => /^requirements[^/]*\.txt$/.test(path));
  return isListed || /^(dependencies|\[tool\.poetry\.dependencies)/m.test(files.read("pyproject.toml") ?? "");
}

function namesCoverage(files: ProjectFiles, named: readonly string[]): boolean {
  return named.some((path) => /\b(coverage|pytest-cov)\b/.test(files.read(path) ?? ""));
}

function signOfPytest(files: ProjectFiles, named: readonly string[]): string | null {
  if (files.paths.includes("pytest.ini")) return "there is a `pytest.ini`";
  const conftest = files.paths.find((path) => /(^|\/)conftest\.py$/.test(path));
  if (conftest !== undefined) return `there is a \`${conftest}\``;
  const manifest = named.find((path) => /\bpytest\b/.test(files.read(path) ?? ""));
  return manifest === undefined ? null : `\`${manifest}\` names pytest`;
}
