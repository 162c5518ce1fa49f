import { units } from "./units.js";

const part = /^(\d+(?:\.\d+)?)(d|h|m|s|ms)$/;

/** The milliseconds of a text such as `1h 30m`. Throws a RangeError that names the part it cannot read. */
export function parseDuration(text) {
  const parts = text.trim().split(/\s+/);
  return parts.reduce((total, word) => {
    const match = part.exec(word);
    if (match === null) throw new RangeError(`\`${word}\` is not a duration`);
    return total + Number(match[1]) * units.get(match[2]);
  }, 0);
}
