import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { recordedSession, unsealed } from "./unittest-recorder.ts";

const python = "'/phasegate/unittest_recorder.py' '/report/report'";

describe("the recorder takes the place of unittest", () => {
  it.each([
    ["python3 -m unittest -v", `python3 ${python} -v`],
    ["python3 -m unittest", `python3 ${python}`],
    [
      ".venv/bin/python3.12 -W error -m unittest discover -s tests",
      `.venv/bin/python3.12 -W error ${python} discover -s tests`,
    ],
    [
      "COVERAGE_FILE={coverage}/data python3 -m coverage run --branch -p -m unittest -v",
      `COVERAGE_FILE={coverage}/data python3 -m coverage run --branch -p ${python} -v`,
    ],
  ])("in `%s`", (command, expected) => {
    expect(recordedSession({ command, format: "unittest", report: null }, true)?.command("/report/report")).toBe(
      expected,
    );
  });

  it.each([
    ["a shell's own words", "cd tests && python3 -m unittest -v", "unittest"],
    ["a program before it, which may keep the key from it", "poetry run python -m unittest -v", "unittest"],
    ["a script", "python3 run_tests.py -m unittest", "unittest"],
    ["other formats", "python3 -m unittest -v", "tap"],
    ["a report of the command's own", "python3 -m unittest {report}", "unittest"],
  ])("not with %s", (_, command, format) => {
    expect(recordedSession({ command, format, report: null }, true)).toBeNull();
  });
});

describe("records", () => {
  const session = recordedSession({ command: "python3 -m unittest", format: "unittest", report: null }, false);
  if (session === null) throw new Error("the command is not one of unittest");
  function sealed(records: readonly string[], key: string): string {
    let seal = "";
    return records
      .map((record) => {
        seal = createHmac("sha256", key)
          .update(seal + record)
          .digest("hex");
        return `${seal} ${record}\n`;
      })
      .join("");
  }

  it("are those under the key, in their order", () => {
    expect(unsealed(sealed(['["start"]', '["end"]'], session.key), session)).toBe('["start"]\n["end"]');
    expect(unsealed("", session)).toBe("");
  });

  it("of another key, without one before them, or cut short are refused", () => {
    const [first = "", second = ""] = sealed(['["start"]', '["end"]'], session.key).split("\n");
    const other = /did not write/;
    expect(() => unsealed(sealed(['["end"]'], "another"), session)).toThrow(other);
    expect(() => unsealed(`${second}\n`, session)).toThrow(other);
    expect(() => unsealed(`${first}\n${first}\n`, session)).toThrow(other);
    expect(() => unsealed(`${first}\n${second}`, session)).toThrow(/ends inside a record/);
  });
});
