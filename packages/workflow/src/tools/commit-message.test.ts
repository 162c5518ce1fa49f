import { describe, expect, test } from "vitest";
import { faultOfCommitMessage } from "./commit-message.ts";

describe("an ordinary message is taken", () => {
  test.each([
    "Round durations",
    'Round durations\n\nReviewed twice; `git push` is somebody else\'s to do: "rm -rf" $(was never run).\n\tindented',
    "fix(parser): accept 'a: b' and naïve Ünïcode — “quotes” …",
    "Add ✨ and ⚠️ and 👩‍💻 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿 and 1️⃣ and ❤️‍🔥 and ✔︎",
    "Исправить округление\n\nКо́мментарий: см. задачу",
    "修复四舍五入: 一",
    "می‌خواهم",
    "हिन्दी क्‍ष",
    "תיקון עיגול",
    "Fix it\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
    "Fix it\n\nSigned-off-by: Maria <maria@example.com>\nFixes: #12\nRefs: PROJ-7",
    "Say who approved\n\nThe line `Approved-by: x` is read; approved by nobody yet. Reviewed-by lines too.",
    "Explain\n\n- Approved-by: is a trailer\n> Reviewed-by: quoted",
    "a\u{e000}b",
  ])("%j", (message) => expect(faultOfCommitMessage(message)).toBeNull());
});

describe("a character that a terminal obeys or that nobody sees is named", () => {
  test.each([
    ["an escape sequence", "Fix \u001b[2Kit", "U+001B"],
    ["a C1 control", "Fix \u009b2K it", "U+009B"],
    ["a bell", "Fix it\u0007", "U+0007"],
    ["a carriage return that overwrites", "Remove all tests\rRound durations ", "U+000D"],
    ["a backspace", "bad\b\b\bgood", "U+0008"],
    ["a NUL", "a\0b", "U+0000"],
    ["a bidi override", "Fix \u202eti", "U+202E"],
    ["a bidi isolate", "Fix \u2067it\u2069", "U+2067"],
    ["a zero width space", "Appro\u200bved-by: maria", "U+200B"],
    ["a joiner within Latin letters", "Appro\u200dved-by: maria", "U+200D"],
    ["a soft hyphen", "Approved\u00ad-by: maria", "U+00AD"],
    ["a line separator", "Fix\u2028Approved-by: maria", "U+2028"],
    ["tags without a flag", "Fix\u{e0041}\u{e0042}", "U+E0041"],
    ["a supplementary variation selector", "a\u{e0100}", "U+E0100"],
    ["half a pair", "a\ud800b", "U+D800"],
  ])("%s", (_, message, named) => {
    expect(faultOfCommitMessage(message)).toEqual({
      message: `\`message\` holds the character \`${named}\`, which a reader does not see or a terminal obeys`,
      hint: "write it without control and format characters; line feeds and tabs may stand in it",
    });
  });
});

describe("a verdict that only the ledger gives is refused", () => {
  test.each([
    ["Fix\n\nApproved-by: maria", "Approved-by"],
    ["Fix\n\nreviewed-BY : maria", "reviewed-BY"],
    ["Fix\n\n   Acked-by: maria", "Acked-by"],
    ["Tested-by: maria\n\nFix", "Tested-by"],
    ["Fix\n\nVerified-by: ci", "Verified-by"],
    ["Fix\n\nPhasegate-Task: tsk_1", "Phasegate-Task"],
    ["Fix\n\nPhasegate: approved", "Phasegate"],
    ["Fix\n\nＡpproved-by： maria", "Approved-by"],
    ["Fix\n\nАpproved-by: maria", "Аpproved-by"],
  ])("%j", (message, named) => {
    expect(faultOfCommitMessage(message)).toEqual({
      message: `\`message\` holds the trailer \`${named}\`, which an agent may not give`,
      hint: "leave the line out: who approved and reviewed is in the ledger; `Co-authored-by` and `Signed-off-by` may stand",
    });
  });
});
