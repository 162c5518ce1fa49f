import { describe, expect, test } from "vitest";
import { misnamed, readingsOfName, readName } from "./names.ts";

const reserved = "is a reserved name, or reads like one";
const unseen = "must not hold characters that a reader cannot see";

test.each([
  "agent-1",
  "claude",
  "agent_001",
  "Zoë",
  "мария",
  "build bot 7",
  "servers",
  "openhands",
  "agent:7",
  "claude-human-reviewer-bot",
  "human-resources-agent",
  "administration-docs",
  "operator-7",
  "reviewer",
  "system-tests",
  "root-cause-finder",
  "1",
])("`%s` names an agent", (name) => expect(misnamed(name, "agent")).toBeNull());

describe("no agent is called", () => {
  test.each([
    "system",
    "Server",
    "ｏｐｅｎ",
    "phasegate",
    "PhaseGate",
    "external:build-farm",
    "prn_0Vbk6Q14gPLnMfpvzP",
  ])("%s, which is the server's", (name) => expect(misnamed(name, "agent")).toBe(reserved));

  test.each(["human", "person", "operator", "admin", "administrator", "root", "approver", "auditor", "orchestrator"])(
    "%s, which is read as somebody else's word",
    (name) => expect(misnamed(name, "agent")).toBe(reserved),
  );

  test.each([
    ["capitals", "HUMAN"],
    ["wide letters", "ｈｕｍａｎ"],
    ["letters of mathematics", "𝐚𝐝𝐦𝐢𝐧"],
    ["a Cyrillic letter", "humаn"],
    ["Cyrillic letters that are drawn smaller", "нumап"],
    ["a Greek letter", "οperator"],
    ["an Armenian letter", "օperator"],
    ["a Cherokee letter", "ᏚYSTEM"],
    ["small capitals", "ʜᴜᴍᴀɴ"],
    ["two letters drawn as one", "hurnan"],
    ["digits", "0perator"],
    ["a digit for a capital", "adm1n"],
    ["a small letter for a capital", "ADMlN"],
    ["punctuation around", "[admin]"],
    ["punctuation within", "hu-man"],
    ["a blank within", "sys tem"],
  ])("a reserved name in %s: %s", (_, name) => expect(misnamed(name, "agent")).toBe(reserved));

  test.each([
    ["maria ", "must not begin or end with a blank"],
    ["\u00a0human", "must not begin or end with a blank"],
    ["ma\u200bria", unseen],
    ["hu\u00adman", unseen],
    ["\u202enamuh", unseen],
    ["\u001b[31mmaria", unseen],
    ["maria\n", unseen],
    ["admin\u0000", unseen],
  ])("%j", (name, why) => expect(misnamed(name, "agent")).toBe(why));
});

test.each(["operator", "admin", "Human", "orchestrator"])("a person or service may be called %s", (name) => {
  expect(misnamed(name, "person")).toBeNull();
  expect(misnamed(name, "service")).toBeNull();
});

test.each(["server", "ѕystem", "phasegate", "prn_1"])("nobody is called %s", (name) =>
  expect(misnamed(name, "person")).toBe(reserved),
);

test.each(["MARIA", "ｍａｒｉａ", "mаria", " maria", "marıa", "rnaria", "мaria"])("%j reads as maria", (name) =>
  expect(readName(name)).toBe(readName("maria")),
);

test.each(["mária", "mariа-2", "марина", "marla"])("%j does not", (name) =>
  expect(readName(name)).not.toBe(readName("maria")),
);

test.each([
  ["AIice", "alice"],
  ["Aliϲe", "alice"],
  ["Ian", "lan"],
])("%j may be read as %j", (name, other) => {
  expect(new Set(readingsOfName(name)).intersection(new Set(readingsOfName(other))).size).toBeGreaterThan(0);
});

test.each([
  ["marla", "maria"],
  ["Marla", "Maria"],
  ["agent-1", "agent-2"],
])("%j is not read as %j", (name, other) => {
  expect(new Set(readingsOfName(name)).intersection(new Set(readingsOfName(other))).size).toBe(0);
});
