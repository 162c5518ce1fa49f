import { replaceUnprintable } from "@phasegate/wire";

/** Why a message is no message of a commit, and what to write instead. */
export interface MessageFault {
  readonly message: string;
  readonly hint: string;
}

/** Verdicts that Phasegate records itself, under the name of who gave them. */
const verdicts = /^(?:phasegate(?:-[\w-]+)?|(?:approved|reviewed|acked|tested|verified)-by)$/u;
const trailer = /^\s*([\p{L}\p{N}_-]+)\s*:/u;
const latin = /\p{Script=Latin}/u;
const drawnLikeLatin = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u;
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
  for (const line of text.split("\n")) {
    const token = trailer.exec(line.normalize("NFKC"))?.[1];
    if (token === undefined) continue;
    if (verdicts.test(token.toLowerCase()) || (latin.test(token) && drawnLikeLatin.test(token))) {
      return {
        message: `\`message\` holds the trailer \`${token.slice(0, 40)}\`, which an agent may not give`,
        hint: "leave the line out: who approved and reviewed is in the ledger; `Co-authored-by` and `Signed-off-by` may stand",
      };
    }
  }
  return null;
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
