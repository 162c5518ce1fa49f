import { canonicalJson, type JsonValue } from "@phasegate/wire";
import { array, assert, constantFrom, integer, jsonValue, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { redactPayload } from "./redact-payload.ts";

const letters = (length: number): string => "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z".repeat(20).slice(0, length);
const upper = (length: number): string => "ABCDEFGHIJKLMNOP2345672".repeat(4).slice(0, length);
const jwt = `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZ2VudCJ9.${letters(86)}`;

/** Each secret, and the part of it that must not be left. */
const secrets: [string, string, string][] = [
  ["AWS access key", `AKIA${upper(16)}`, upper(16)],
  ["AWS secret key", `aws_secret_access_key = ${letters(40)}`, letters(40)],
  ["GitHub token", `ghp_${letters(36)}`, letters(36)],
  ["fine-grained GitHub token", `github_pat_${letters(60)}`, letters(60)],
  ["GitLab token", `glpat-${letters(20)}`, letters(20)],
  ["Slack token", `xoxb-123456789012-${letters(24)}`, letters(24)],
  ["Slack webhook", `https://hooks.slack.com/services/T0000/B0000/${letters(24)}`, letters(24)],
  ["Google key", `AIza${letters(35)}`, letters(35)],
  ["Google token", `ya29.${letters(60)}`, letters(60)],
  ["Stripe key", `sk_live_${letters(24)}`, letters(24)],
  ["npm token", `npm_${letters(36)}`, letters(36)],
  ["npmrc", `//registry.npmjs.org/:_authToken=${letters(36)}`, letters(36)],
  ["model key", `sk-ant-${letters(40)}`, letters(40)],
  ["JWT", jwt, letters(40)],
  ["Phasegate key", `pgk_${letters(43)}`, letters(43)],
  ["Bearer header", `Authorization: Bearer ${letters(30)}`, letters(30)],
  ["Basic header", `authorization: Basic ${letters(20)}==`, letters(20)],
  ["password in a URL", "postgres://admin:hunter2-secret@db.local/app", "hunter2-secret"],
  ["assignment", `API_KEY=${letters(12)}`, letters(12)],
  ["quoted assignment", `"password": "correct horse battery"`, "horse"],
  ["assignment in YAML", `client_secret: '${letters(18)}'`, letters(18)],
  [
    "private key",
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${letters(64)}\n${letters(64)}\n-----END OPENSSH PRIVATE KEY-----`,
    letters(40),
  ],
  ["private key without an end", `-----BEGIN RSA PRIVATE KEY-----\n${letters(64)}\n${letters(64)}`, letters(40)],
];

const redact = (value: unknown, maxBytes = 10_000): JsonValue => redactPayload(value, { maxBytes });

describe("a secret is replaced", () => {
  test.each(secrets)("%s", (_, secret, part) => {
    const text = JSON.stringify(redact({ command: `run this: ${secret}\nand that`, list: [[secret]] }));
    expect(text).not.toContain(part);
    expect(text).toContain("[redacted ");
    expect(text).toContain("run this: ");
  });

  test("whatever it looks like, below a member whose name says so", () => {
    const value = {
      password: "x1",
      Api_Key: "y2",
      headers: { Authorization: "z3", "Set-Cookie": ["a=b4", { deep: "c5" }] },
      max_tokens: 5,
      path: "src/password.ts",
    };
    expect(redact(value)).toEqual({
      password: "[redacted secret]",
      Api_Key: "[redacted secret]",
      headers: {
        Authorization: "[redacted secret]",
        "Set-Cookie": ["[redacted secret]", { deep: "[redacted secret]" }],
      },
      max_tokens: 5,
      path: "src/password.ts",
    });
  });

  test("in the name of a member", () => {
    expect(JSON.stringify(redact({ [`ghp_${letters(36)}`]: 1 }))).not.toContain(letters(36));
  });
});

test("ordinary text is left as it is", () => {
  const text = [
    "const password = await readPassword();",
    "git commit -m 'Rotate secrets; bearer of bad news: token internationalization'",
    "https://example.org:8080/a?b=c#d @user",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "task_0123456789abcdefghijkl v1.2.3-rc.4 packages/wire/src/index.ts",
    "disk-usage-report-for-the-whole-cluster-of-machines-in-use",
  ].join("\n");
  expect(redact({ text })).toEqual({ text: text.replace("await", "[redacted assigned secret]") });
});

test("no planted secret survives, wherever it stands", () => {
  const noise = string({ maxLength: 40, unit: constantFrom(...Array.from("aZ09 _-.=:/@\"'\n{}é\u{1F512}")) });
  assert(
    property(
      constantFrom(...secrets),
      noise,
      noise,
      integer({ min: 0, max: 3 }),
      ([, secret, part], before, after, depth) => {
        let value: JsonValue = `${before} ${secret} ${after}`;
        for (let level = 0; level < depth; level += 1)
          value = level % 2 === 0 ? [before, value] : { [`m${level}`]: value };
        expect(JSON.stringify(redact(value))).not.toContain(part);
      },
    ),
  );
});

test("no part of a secret is left by the cut of a long text", () => {
  assert(
    property(integer({ min: 0, max: 400 }), constantFrom("", "@db.local/app"), (length, end) => {
      // The second is known by its end alone, which a cut would take away.
      const secret = end === "" ? `ghp_${letters(36)}` : `postgres://admin:${letters(60)}${end}`;
      const text = JSON.stringify(redact(`${"x".repeat(length)} ${secret} ${"y".repeat(500)}`, 300));
      expect(text).not.toContain(letters(12));
    }),
  );
});

describe("bounds", () => {
  test("a long text is cut and says how long it was", () => {
    const redacted = redact({ text: "é".repeat(100_000), after: 1 }, 1_000) as { text: string };
    expect(redacted.text).toMatch(/^é{100,}\[cut: 100000 characters\]$/u);
  });

  test.each(["a", '"', "\\", "\n", "\u0001", "\u007f", "é", "\u2028", "\u{1F512}", "\ud800"])(
    "a text of %j is cut at the last character that fits",
    (character) => {
      const bytesEach = Buffer.byteLength(JSON.stringify(character.toWellFormed())) - 2;
      const text = redact(character.repeat(70_000 / character.length), 1_000) as string;
      const spare = 1_000 - Buffer.byteLength(canonicalJson(text));
      expect(text).toMatch(/\[cut: 70000 characters\]$/);
      expect(spare).toBeGreaterThanOrEqual(0);
      expect(spare).toBeLessThan(bytesEach);
    },
  );

  test("deep values are cut", () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 10_000; level += 1) deep = [deep];
    expect(JSON.stringify(redact(deep))).toContain("[cut: nested deeper than 32]");
  });

  test("what has no canonical form gets one", () => {
    expect(redact([NaN, undefined, "\ud800", () => 1, 10n])).toEqual([null, null, "\ufffd", null, null]);
  });

  test("the canonical form of any value fits, and one that is far within is whole", () => {
    const big = array(tuple(string({ unit: "binary", maxLength: 300 }), jsonValue()), { maxLength: 20 });
    assert(
      property(big, integer({ min: 256, max: 3_000 }), (value, maxBytes) => {
        expect(Buffer.byteLength(canonicalJson(redact(value, maxBytes)))).toBeLessThanOrEqual(maxBytes);
      }),
      { numRuns: 30 },
    );
    const numbers = { list: [1, 2, { a: null, b: [true] }], text: "plain" };
    expect(redact(numbers, 512)).toEqual(numbers);
  });

  test("time grows with the text, not faster", () => {
    const hostile = [
      "eyJ",
      "eyJ.",
      "://a:",
      'password="',
      "-----BEGIN PRIVATE KEY",
      "a.",
      "sk-",
      "bearer ",
      "xox",
      "secret ",
      "_",
      ":",
      "-",
    ];
    for (const piece of hostile) {
      const started = process.threadCpuUsage();
      redact(piece.repeat(Math.ceil(1_000_000 / piece.length)), 2_000_000);
      expect({ piece, fast: process.threadCpuUsage(started).user < 3_000_000 }).toEqual({ piece, fast: true });
    }
  });
});
