import { replaceUnprintable } from "./unprintable.ts";

/** Names that stand for the server and what it is connected to, for nobody else. */
const reserved: readonly string[] = ["server", "system", "open"];
const reservedPrefixes: readonly string[] = ["external:", "prn_"];

/** Letters of other scripts that are drawn as a Latin one. */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: "a",
    в: "b",
    е: "e",
    ё: "e",
    һ: "h",
    і: "i",
    ї: "i",
    ј: "j",
    к: "k",
    м: "m",
    н: "h",
    о: "o",
    р: "p",
    с: "c",
    ԁ: "d",
    ԛ: "q",
    т: "t",
    у: "y",
    х: "x",
    ѕ: "s",
    ԝ: "w",
    α: "a",
    ε: "e",
    ι: "i",
    κ: "k",
    ν: "v",
    ο: "o",
    ρ: "p",
    τ: "t",
    υ: "u",
    χ: "x",
    ı: "i",
  }),
);

/** What a reader would take two names for one by: compatibility forms, case, blanks around and letters drawn alike. */
export function readName(name: string): string {
  const folded = name.normalize("NFKC").toUpperCase().toLowerCase().trim();
  return folded.replaceAll(/./gu, (letter) => lookAlikes.get(letter) ?? letter);
}

/** Why nobody may work under the name; null when it names one agent, in characters that a reader sees. */
export function misnamed(name: string): string | null {
  if (replaceUnprintable(name, () => "") !== name) return "must not hold characters that a reader cannot see";
  if (name.trim() !== name) return "must not begin or end with a blank";
  const read = readName(name);
  if (reserved.includes(read) || reservedPrefixes.some((prefix) => read.startsWith(prefix)))
    return "is a reserved name";
  return null;
}
