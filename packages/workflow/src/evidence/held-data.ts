/**
 * Whether data that tests read holds all that it held: JSON by its values, so that its format says nothing and of two equal
 * keys the last one counts; anything else by its lines, in their order.
 */
export function holdsData(path: string, before: string, after: string): boolean {
  const [old, now] = path.endsWith(".json") ? [valueOf(before), valueOf(after)] : [];
  if (old === undefined || now === undefined) return holdsLines(before, after);
  try {
    return holdsValue(old, now);
  } catch {
    // Nested beyond measure.
    return false;
  }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Members and items may be more; those that were there are in their order. */
function holdsValue(old: unknown, now: unknown): boolean {
  if (Array.isArray(old)) {
    if (!Array.isArray(now)) return false;
    let at = 0;
    for (const item of now) if (at < old.length && holdsValue(old[at], item)) at += 1;
    return at === old.length;
  }
  if (typeof old !== "object" || old === null) return old === now;
  if (typeof now !== "object" || now === null || Array.isArray(now)) return false;
  const members = new Map(Object.entries(now));
  return Object.entries(old).every(([key, value]) => members.has(key) && holdsValue(value, members.get(key)));
}

function holdsLines(before: string, after: string): boolean {
  const linesOf = (text: string): readonly string[] => text.split("\n").map((line) => line.trim().replace(/,$/, ""));
  const now = linesOf(after);
  let at = 0;
  return linesOf(before).every((line) => {
    at = line === "" ? at : now.indexOf(line, at) + 1;
    return line === "" || at > 0;
  });
}
