const pytest =
  /^(?:(?:uv|poetry|pdm|hatch|pipenv)\s+run\s+)?(?:(?:\S*\/)?(?:python[\d.]*|coverage\s+run)\s+(?:-\S+\s+)*?-m\s+)?(?:\S*\/)?(?:pytest|py\.test)(?:\s|$)/;
const vitest = /^(?:npx\s+)?(?:\S*\/)?vitest(?:\s|$)/;

/**
 * Words behind a command that is plainly a test runner, which take back that its run ends at the first failures: of tests
 * that such a run never came to, nothing is known, and a gate compares them all.
 */
export function wordsOfWholeRun(command: string, words: readonly string[]): readonly string[] {
  if (/[;&|<>\n`$]|\s--(?:\s|$)/.test(command)) return [];
  const own = pytest.test(command) ? "--maxfail=0" : vitest.test(command) ? "--bail=0" : null;
  // vitest takes the option once.
  const isThere = words.some((word) => word === own) || (own === "--bail=0" && /\s--bail\b/.test(command));
  return own === null || isThere ? [] : [own];
}
