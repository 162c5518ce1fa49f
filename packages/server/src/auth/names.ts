import { type PrincipalKind, replaceUnprintable } from "@phasegate/wire";
import drawnAlike from "unhomoglyph";

/** Names that stand for the server and what it is connected to, for nobody else. */
const ofServer: readonly string[] = ["server", "system", "open", "phasegate"];
const prefixesOfServer: readonly string[] = ["external:", "prn_"];
/** Words that a reader takes for a person, or for the gate that opens by itself: no agent is called so. */
const notOfAgents: readonly string[] = [
  "human",
  "person",
  "operator",
  "admin",
  "administrator",
  "root",
  "approver",
  "auditor",
  "orchestrator",
];

/** Letters that a reader takes for a Latin one though Unicode's table of look-alikes keeps them apart. */
const takenFor: ReadonlyMap<string, string> = new Map([
  ..."вʙ".split("").map((letter) => [letter, "b"] as const),
  ..."ёᴇꞓ".split("").map((letter) => [letter, "e"] as const),
  ...Object.entries({ ᴀ: "a", ᴅ: "d", ʜ: "h", ї: "i", ᴊ: "j", ĸ: "k", ʟ: "l", ʍ: "m", ɴ: "n", π: "n", η: "n" }),
  ...Object.entries({ ᴘ: "p", ʀ: "r", ᴛ: "t", χ: "x", "\u0329": "" }),
]);

/** How a reader takes a name: equal for two that are told apart by case, blanks, compatibility forms or look-alikes alone. */
export function readName(name: string): string {
  const folded = name.normalize("NFKC").toUpperCase().toLowerCase().trim();
  return drawn(folded.replaceAll(/\s+/gu, " "));
}

/** All ways to take a name: folded, and as it is written, where a capital `I` is drawn like `l`. */
export function readingsOfName(name: string): readonly string[] {
  return [...new Set([readName(name), drawn(name.normalize("NFC").trim().replaceAll(/\s+/gu, " "))])];
}

/** Why nobody of the kind may be called so; null when the name is one's own, in characters that a reader sees. */
export function misnamed(name: string, kind: PrincipalKind): string | null {
  if (replaceUnprintable(name, () => "") !== name) return "must not hold characters that a reader cannot see";
  if (name.trim() !== name) return "must not begin or end with a blank";
  const read = readName(name);
  const word = letters(read);
  const isReserved =
    readingsOfServer.has(word) ||
    (kind === "agent" && readingsNotOfAgents.has(word)) ||
    prefixesOfServer.some((prefix) => read.startsWith(drawn(prefix)));
  return isReserved ? "is a reserved name, or reads like one" : null;
}

const readingsOfServer = readingsOf(ofServer);
const readingsNotOfAgents = readingsOf(notOfAgents);

/** Also in capitals, whose look-alikes are others: `I`, `l` and `1`. */
function readingsOf(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.flatMap((word) => [drawn(word), drawn(word.toUpperCase())]));
}

/** Twice: what the first round makes Latin has look-alikes among Latin letters, as `m` and `rn`. */
function drawn(text: string): string {
  const latin = drawnAlike(text).toLowerCase();
  return drawnAlike(latin.replaceAll(/./gu, (letter) => takenFor.get(letter) ?? letter)).toLowerCase();
}

function letters(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, "");
}
