import { replaceUnprintable } from "@phasegate/wire";
import { findVerdict } from "./verdict-line.ts";

/** Why a message is no message of a commit, and what to write instead. */
export interface MessageFault {
  readonly message: string;
  readonly hint: string;
}

/** What joins or chooses the form of the character before it, where it may: in pictures and in scripts that need it. */
const joiners =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d|(?<=[\p{Emoji}\u20e3])[\ufe0e\ufe0f]|(?<=[[\p{L}\p{M}]--\p{Script=Latin}--\p{Script=Cyrillic}--\p{Script=Greek}])[\u200c\u200d]/gv;
/** Not yet in the tables of this runtime, or in those of a font: drawn as a box, and nothing else. */
const undrawn = /[[\p{Cn}\p{Co}]--\p{Default_Ignorable_Code_Point}]/gv;

/**
 * Finds what a message of a commit may not hold: characters that act on a terminal or that nobody sees, and lines that
 * read as a verdict which the ledger alone gives. null: it may be committed as it stands, with line feeds as ends of lines.
 */
export function faultOfCommitMessage(text: string): MessageFault | null {
  const unseen = firstUnseen(
    text
      .replaceAll(/\p{RGI_Emoji}/gv, "")
      .replaceAll(joiners, "")
      .replaceAll(undrawn, ""),
  );
  if (unseen !== null) {
    return {
      message: `\`message\` holds the character \`${unseen}\`, which a reader does not see or a terminal obeys`,
      hint: "write it without control and format characters; line feeds and tabs may stand in it",
    };
  }
  const verdict = findVerdict(text);
  if (verdict === null) return null;
  return {
    message: `\`message\` gives the verdict \`${verdict.slice(0, 40)}\`, which an agent may not give`,
    hint: "leave the line out: who approved and reviewed is in the ledger; to write about such lines, put the word in back-ticks",
  };
}

function firstUnseen(text: string): string | null {
  let first: string | null = null;
  replaceUnprintable(text, (character) => {
    if (character !== "\n" && character !== "\t" && character !== "\u2800") {
      first ??= `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
    }
    return character;
  });
  return first;
}
