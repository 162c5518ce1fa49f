import { expect, test } from "vitest";
import { loadWorkflow } from "../load-workflow.ts";

test("errors are placed on the lines of a text that is no YAML", () => {
  const text = '[build]\nrequires = ["a"]\n\nmarkers = ["slow: takes long"]\n[tool.black]\n';
  const outcome = loadWorkflow({ file: "w.toml", text, resolve: () => null });
  if (outcome.ok) throw new Error("it loads");
  const places = outcome.diagnostics.map(({ place }) => place);
  expect(places).toEqual(["w.toml:2:1", "w.toml:4:17", "w.toml:4:19", "w.toml:5:1", "w.toml:5:2", "w.toml:5:12"]);
});

test("a sequence that is not closed is named with what it wants", () => {
  const outcome = loadWorkflow({ file: "w.yaml", text: "a:\n  - b: [\n", resolve: () => null });
  expect(outcome).toMatchObject({
    ok: false,
    diagnostics: [
      {
        place: "w.yaml:3:1",
        message: "flow sequence in block collection must be sufficiently indented and end with a ]",
      },
    ],
  });
});
