/** The same data with its names in snake case, at any depth: what the command line prints as JSON has them like the API. */
export function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [snakeCase(name), inSnakeCase(member)] as const);
  return Object.fromEntries(members);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
