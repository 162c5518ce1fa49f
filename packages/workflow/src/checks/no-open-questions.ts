import type { JsonValue } from "@phasegate/wire";
import { artifactCheck } from "./artifact-check.ts";
import { fieldValues, isFilled, isObject } from "./artifact-fields.ts";
import { counted, fail, pass } from "./outcome.ts";

const questionFields = ["open_questions", "unresolved_questions"];
const closedWords = new Set(["resolved", "answered", "closed", "done"]);

export const noOpenQuestions = artifactCheck({
  name: "no_open_questions",
  passesWhen: "no artifact lists a question that has no answer",
  fields: questionFields,
  expects: "the plan, with `open_questions: []` when none is left",
  judge(artifacts) {
    const values = artifacts.flatMap(({ body }) => fieldValues(body, questionFields));
    const open = values.flatMap((value) => (Array.isArray(value) ? value : [value])).filter(isOpen);
    if (open.length === 0) return pass();
    return fail(
      `${counted(open.length, "question")} in \`open_questions\` without an answer`,
      "answer each one (`answer`, or `resolved: true`) or take it out, and submit the artifact again",
    );
  },
});

function isOpen(question: JsonValue): boolean {
  if (typeof question === "number") return question !== 0;
  if (typeof question === "boolean") return question;
  // A placeholder such as `TBD` is a question all the same; only `none` and its like say that there is none.
  if (typeof question === "string") return !/^\s*(?:|none|n\/?a|-+|no(?: open questions)?)[.]?\s*$/iu.test(question);
  if (!isObject(question)) return question !== null && !(Array.isArray(question) && question.length === 0);
  if (question["resolved"] === true || question["answered"] === true) return false;
  const status = question["status"];
  if (typeof status === "string" && closedWords.has(status.trim().toLowerCase())) return false;
  return !isFilled(question["answer"]) && !isFilled(question["resolution"]) && Object.keys(question).length > 0;
}
