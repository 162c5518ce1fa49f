import { type PrincipalKind, replaceUnprintable } from "@phasegate/wire";
import { drawnAlike } from "@phasegate/workflow";

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

/** How a reader takes a name: equal for two that are told apart by case, blanks, compatibility forms or look-alikes alone. */
export function readName(name: string): string {
  const folded = name.normalize("NFKC").toUpperCase().toLowerCase().trim();
  return drawnAlike(folded.replaceAll(/\s+/gu, " "));
}

/** All ways to take a name: folded, and as it is written, where a capital `I` is drawn like `l`. */
export function readingsOfName(name: string): readonly string[] {
  return [...new Set([readName(name), drawnAlike(name.normalize("NFC").trim().replaceAll(/\s+/gu, " "))])];
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
    prefixesOfServer.some((prefix) => read.startsWith(drawnAlike(prefix)));
  return isReserved ? "is a reserved name, or reads like one" : null;
}

const readingsOfServer = readingsOf(ofServer);
const readingsNotOfAgents = readingsOf(notOfAgents);

/** Also in capitals, whose look-alikes are others: `I`, `l` and `1`. */
function readingsOf(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.flatMap((word) => [drawnAlike(word), drawnAlike(word.toUpperCase())]));
}

function letters(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, "");
}
