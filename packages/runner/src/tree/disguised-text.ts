/** Encodings in which what a difference shows as ASCII is what a program reads. */
const plainEncoding =
  /^(?:utf[-_]?8(?:[-_]sig)?|u8|ascii|us[-_]ascii|latin[-_]?1|l1|(?:iso|cp|windows)[-_]?(?:8859|125)[-_\d]*)$/iu;
/** PEP 263, which Ruby and editors read as well: in one of the first two lines. */
const declaration = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/u;

// eslint-disable-next-line no-control-regex -- Control characters are what is looked for.
const control = /[\0-\u0008\u000b\u000e-\u001f\u007f-\u009f]/u;

const word = /[\p{L}\p{M}\p{N}_$]+/gu;
/** Letters of scripts whose letters pass for Latin ones, and Latin ones in disguise. */
const alike =
  /[\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}\p{Script=Deseret}\u{1d400}-\u{1d7ff}\uff21-\uff5a\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03f2\u03f3]/u;
const cyrillic = /\p{Script=Cyrillic}/gu;
/** Cyrillic letters that nobody tells from Latin ones. */
const cyrillicAlike = /^[АВЕЅІЈКМНОРСТУХԚԜаеорсухіјѕһԁԛԝ]+$/u;

/**
 * How a text reads otherwise to a program than a difference shows it to a person, as far as it was read; null where it
 * does not. After Boucher and Anderson, "Trojan Source" (2021); what cannot be seen at all is written out where it is shown.
 */
export function disguiseOf(text: string): string | null {
  return declaredEncoding(text) ?? controlCharacter(text) ?? lookalike(text);
}

/** Ends a line for a program and not on a screen. */
const lineEnd = /\r(?!\r*(?:\n|$))|[\u2028\u2029]/u;
const directional = /[\u202a-\u202e\u2066-\u2069]/u;
/** Drawn as nothing; of joiners and selectors those that stand where no script and no emoji needs them. */
const invisible =
  /[\u034f\u115f\u1160\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\uffa0\ufff9-\ufffb]|[\u17b4-\u17b5]|[\ufe00-\ufe0d]|(?<=[^])\ufeff|(?<=[\w$])[\u200c\u200d]|[\u200c\u200d](?=[\w$])|(?<!\p{Script=Han})[\u{e0100}-\u{e01ef}]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0000}-\u{e007f}]/u;
/** More than any screen is wide, with something behind them. */
const blanks = /\S[^\S\n\r]{300,}(?=\S)/u;

/**
 * What in a text of code nobody sees where it is shown, as far as it was read; null where there is nothing. In data it
 * has its uses: directions in Arabic and Hebrew, marks between words that a line may break at.
 */
export function unseenIn(text: string): string | null {
  const ending = lineEnd.exec(text)?.[0];
  if (ending !== undefined) return `text with a line end that is not shown (${codePoint(ending)})`;
  const turned = directional.exec(text)?.[0];
  if (turned !== undefined) return `text that is shown in another order than it is read (${codePoint(turned)})`;
  const hidden = invisible.exec(text)?.[0];
  if (hidden !== undefined) return `text with a character that nobody sees (${codePoint(hidden)})`;
  return blanks.test(text) ? "text with code behind hundreds of blanks" : null;
}

function declaredEncoding(text: string): string | null {
  for (const line of text.split("\n", 2)) {
    const name = declaration.exec(line)?.[1];
    if (name !== undefined && !plainEncoding.test(name)) {
      return `text in the encoding \`${name.slice(0, 40)}\`, in which it reads otherwise than it is shown`;
    }
  }
  return null;
}

function controlCharacter(text: string): string | null {
  const found = control.exec(text)?.[0];
  return found === undefined ? null : `text with the control character ${codePoint(found)}`;
}

function lookalike(text: string): string | null {
  if (!alike.test(text)) return null;
  for (const [found] of text.matchAll(word)) {
    const letter = alike.exec(found)?.[0];
    if (letter !== undefined && /[A-Za-z]/u.test(found)) return looksLike(found, letter);
  }
  const letters = (text.match(cyrillic) ?? []).join("");
  return cyrillicAlike.test(letters) ? looksLike(letters.slice(0, 20), letters[0]!) : null;
}

function looksLike(found: string, letter: string): string {
  return `text in which \`${found.slice(0, 40)}\` has a letter that looks like another (${codePoint(letter)})`;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
