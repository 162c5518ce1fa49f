import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { languages, type Files, type Language } from "./languages.ts";
import { SentenceProject, type ProjectOptions } from "./sentence-project.ts";
import { baseFiles, clock, flaky, sentences, type Sentence } from "./sentences.ts";

type ProjectName = NonNullable<Sentence["project"]>;

function optionsOf(name: ProjectName, language: Language): ProjectOptions {
  const files = baseFiles(language);
  switch (name) {
    case "plain":
      return { language, files };
    case "covered":
      return { language, files: { ...files, ...unmeasured }, measuresCoverage: true };
    case "retried":
      return { language, files: { ...files, [language.testPath("flaky")]: flaky }, tests: ", retries: 1" };
    case "unstable":
      return { language, files: { ...files, [language.testPath("clock")]: clock(language, "1 == 1") } };
    case "stopping":
      return {
        language,
        files,
        tests: ", command: 'python3 -m pytest --junitxml={report}', retries: 0",
      };
    default:
      return name satisfies never;
  }
}

const unmeasured: Files = { "src/base.js": "export function twice(value) {\n  return value * 2;\n}\n" };

/** Runs the rows of one test runner, each in a new task of a project that they share. */
export function describeSentences(preset: Language["preset"]): void {
  const language = languages[preset];
  const rows = sentences.filter(({ on }) => on.includes(preset));
  const names = [...new Set(rows.map(({ project }) => project ?? "plain"))];
  describe.each(names)(`${preset}, project %s`, (name) => {
    let project: SentenceProject | null = null;
    beforeEach(async () => {
      project ??= await SentenceProject.open(optionsOf(name, language));
      project.reset();
    });
    afterAll(() => project?.[Symbol.asyncDispose]());

    test.each(rows.filter((row) => (row.project ?? "plain") === name))("$number: $text", async ({ steps }) => {
      if (!project) throw new Error("the project is not open");
      for (const step of steps(language)) {
        project.write(step.write ?? {});
        const { outcome, run, red } = await project.judge(step);
        const message = outcome.passed ? "" : outcome.message;
        expect({ passes: outcome.passed, message, output: run.output }).toMatchObject({
          passes: step.passes,
          message: expect.stringContaining(step.says ?? ""),
        });
        if (step.red) expect(red).toEqual(step.red);
        if (step.findings) expect(outcome.findings?.map((finding) => finding.name).toSorted()).toEqual(step.findings);
      }
    });
  });
}
