/** Test runners whose words are known. */
export type TestRunnerName = "vitest" | "jest" | "node" | "pytest" | "unittest";

interface TestRunnerKind {
  readonly name: TestRunnerName;
  readonly isIn: RegExp;
  /** Takes names of files behind its own words. */
  readonly takesFiles: boolean;
  /** The word that takes back that a run ends at the first failures. */
  readonly goesOn: string | null;
  /** That word, in a form of which only one may stand there. */
  readonly isSaid: RegExp;
}

const never = /(?!)/;
const kinds: readonly TestRunnerKind[] = [
  { name: "vitest", isIn: /(?:^|[\s/])vitest(?=\s|$)/, takesFiles: true, goesOn: "--bail=0", isSaid: /\s--bail\b/ },
  { name: "jest", isIn: /(?:^|[\s/])jest(?=\s|$)/, takesFiles: true, goesOn: null, isSaid: never },
  { name: "node", isIn: /(?:^|[\s/])node\s(?:.*\s)?--test(?=\s|$)/, takesFiles: true, goesOn: null, isSaid: never },
  {
    name: "pytest",
    isIn: /(?:^|[\s/])(?:pytest|py\.test)(?=\s|$)/,
    takesFiles: true,
    goesOn: "--maxfail=0",
    isSaid: never,
  },
  {
    name: "unittest",
    isIn: /(?:^|\s)-m\s+unittest(?:\s+(?:-v|--verbose|discover))*\s*$/,
    takesFiles: false,
    goesOn: null,
    isSaid: never,
  },
];

/** In front of a runner's name, what hands the words behind it on to it. */
const launchers =
  /^(?:[A-Za-z_]\w*=\S*\s+)*(?:cross-env\s+(?:\w+=\S*\s+)*)?(?:(?:npx|bunx|(?:pnpm|yarn)(?:\s+exec)?|(?:uv|poetry|pdm|hatch|pipenv|rye)\s+run)\s+(?:-\S+\s+)*)?(?:(?:c8|nyc)\s+(?:-\S+\s+)*)?(?:(?:\S*\/)?python[\d.]*\s+(?:-\S+\s+)*?-m\s+)?(?:(?:\S*\/)?coverage\s+run\s+(?:-\S+\s+)*?-m\s+)?(?:\S*\/)?$/;

/** The test runner that a command names, by one simple command of the shell; null where it names none that is known. */
export function testRunner(command: string): TestRunnerKind | null {
  return /[;&|<>\n`$]/.test(command) ? null : (kinds.find(({ isIn }) => isIn.test(command)) ?? null);
}

/**
 * Words behind a command that is plainly a test runner, which take back that its run ends at the first failures: of tests
 * that such a run never came to, nothing is known, and a gate compares them all.
 */
export function wordsOfWholeRun(command: string): readonly string[] {
  const runner = testRunner(command);
  if (runner === null || runner.goesOn === null) return [];
  if (runner.isSaid.test(command) || /\s--(?:\s|$)/.test(command)) return [];
  const [found = ""] = runner.isIn.exec(command) ?? [];
  const before = command.slice(0, command.indexOf(found) + (/^[\s/]/.test(found) ? 1 : 0));
  return launchers.test(before) ? [runner.goesOn] : [];
}
