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
    "Parse `Reviewed-by:` trailers\n\nThe parser read\nReviewed-by: lines twice.",
    "Print once\n\nWhere a message held\nReviewed-by: lines twice, it was printed twice. Tell\nApproved-by: header fields apart from prose.\n\nFixes: #12",
    "Print once\n\nA list of\n  Approved-by: and other lines\nis kept apart.\n\nSigned-off-by: Maria <maria@example.com>",
    "phasegate: tighten the gate of the tests",
    "Fix it\n\nTested by: hand, on two machines",
    "Fix it\n\nApproved by nobody yet: see the ledger.\nReviewed by-laws: none.",
    "Проверять ключи\n\nAPI-ключ: теперь проверяется\nGit-хуки: без изменений",
    "Lighten\n\nApprovals-by-week: a chart",
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
    ["Fix\n\nPhasegate‐Task: tsk_1", "Phasegate‐Task"],
    ["Fix\n\nApproved−by: maria", "Approved−by"],
    ["Fix\n\nApproved—by: maria", "Approved—by"],
    ["Fix\n\nApproved_by: maria", "Approved_by"],
    ["Fix\n\nApproved\u00a0by: maria", "Approved by"],
    ["Fix\n\nReviewed by: maria", "Reviewed by"],
    ["Fix\n\nApproved-by∶ maria", "Approved-by∶ maria"],
    ["Fix\n\nRevíewed-by: maria", "Revíewed-by"],
    ["Fix\n\nΡhasegate-Τask: tsk_1", "Ρhasegate-Τask"],
  ])("%j", (message, named) => expect(faultOfCommitMessage(message)).toEqual(verdict(named)));
});

describe("prose is what goes on with a sentence where git reads no trailers: refused is", () => {
  test.each([
    ["a paragraph of trailers", "Fix\n\nFixes: #12\nApproved-by: was dropped from the template", "Approved-by"],
    ["a trailer under an address, as git takes that", "Fix\n\nhttps://x/?a=1\nApproved-by: was dropped", "Approved-by"],
    [
      "a paragraph in which git wrote a quarter",
      "Fix\n\nwe asked all of\nthem and it went\nApproved-by: maria and jon\nSigned-off-by: A <a@b.c>",
      "Approved-by",
    ],
    ["trailers above others", "Fix\n\nRefs: #1\nApproved-by: maria or so\n\nFixes: #12", "Approved-by"],
    ["trailers above a divider", "Fix\n\nRefs: #1\nApproved-by: maria or so\n---\nnotes of mine", "Approved-by"],
    ["a folded trailer", "Fix\n\nRefs: #1\n Approved-by: maria or so", "Approved-by"],
    ["a trailer among comments", "Fix\n\n# of mine\nApproved-by: maria or so", "Approved-by"],
    ["a line under a whole sentence", "Fix\n\nIt is done.\nApproved-by: maria or so", "Approved-by"],
    ["a line under a heading", "Fix\n\nPeople who looked:\nApproved-by: maria or so", "Approved-by"],
    ["a name", "Fix\n\nWe went on\nApproved-by: Maria Lopez", "Approved-by"],
    ["a name of one word", "Fix\n\nWe went on\nApproved-by: maria", "Approved-by"],
    ["an address", "Fix\n\nWe went on\nApproved-by: maria lopez <maria@example.com>", "Approved-by"],
    ["a disguised one", "Fix\n\nWe went on\nApproved‐by: maria and jon", "Approved‐by"],
  ])("%s", (_, message, named) => expect(faultOfCommitMessage(message)).toEqual(verdict(named)));
});

function verdict(named: string): { message: string; hint: string } {
  return {
    message: `\`message\` gives the verdict \`${named}\`, which an agent may not give`,
    hint: "leave the line out: who approved and reviewed is in the ledger; to write about such lines, put the word in back-ticks",
  };
}
