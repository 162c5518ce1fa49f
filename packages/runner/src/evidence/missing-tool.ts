interface Sign {
  readonly printed: RegExp;
  readonly says: (name: string) => string;
}

const coverageAdvice = "install it in `workspace.setup`, or take `coverage` out of `evidence`";

/** What tools print when something is not there that the preset's command needs. */
const signs: readonly Sign[] = [
  {
    printed: /Cannot find dependency '(@vitest\/coverage-[\w-]+)'/,
    says: (name) => `vitest measures no coverage without \`${name}\`: ${coverageAdvice}`,
  },
  {
    printed: /No module named '?(coverage)'?$/m,
    says: (name) => `python measures no coverage without the package \`${name}\`: ${coverageAdvice}`,
  },
  {
    printed: /No module named '?(pytest)'?$/m,
    says: (name) => `python cannot import \`${name}\`: install it in \`workspace.setup\``,
  },
  {
    printed: /npx canceled due to missing packages and no YES option: \["((?:@[\w.-]+\/)?[\w.-]+)/,
    says: notInstalled,
  },
  { printed: /ENOTCACHED[^]*?request to \S+\/((?:@[\w.-]+%2f)?[\w.-]+) failed/, says: notInstalled },
];

function notInstalled(name: string): string {
  return `\`${name.replace("%2f", "/")}\` is not installed, and the run has no network: \`workspace.setup\` makes dependencies`;
}

/** What a run that came to nothing says it lacks, and what to do; null when it does not say. */
export function missingTool(output: string): string | null {
  for (const { printed, says } of signs) {
    const name = printed.exec(output)?.[1];
    if (name !== undefined) return says(name);
  }
  return null;
}
