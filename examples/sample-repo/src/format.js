import { units } from "./units.js";

/** A text such as `1h 30m` of milliseconds, largest unit first, units that are nought left out. */
export function formatDuration(milliseconds) {
  if (!Number.isInteger(milliseconds) || milliseconds < 0) {
    throw new RangeError(`\`${milliseconds}\` is not a whole number of milliseconds`);
  }
  let rest = milliseconds;
  const parts = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? "0ms" : parts.join(" ");
}
