import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TokenClaims } from "@phasegate/engine";
import { parseId, PhasegateError, type PrincipalId, type TaskId, type TokenId } from "@phasegate/wire";
import { assert, asyncProperty, constantFrom, nat } from "fast-check";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { openPhaseTokens, tokenAudience, tokenIssuer, tokenType } from "./phase-tokens.ts";
import { openSigningKey } from "./key-files.ts";

const security = {
  auth: "keys",
  token_expiry_seconds: 600,
  max_token_age_seconds: 3_600,
  require_token_rotation: true,
  jwt_secret_env_var: "PHASEGATE_JWT_SECRET",
} as const;
const claims: TokenClaims = {
  tokenId: "tok_1" as TokenId,
  taskId: "task_1" as TaskId,
  subject: "prn_1" as PrincipalId,
  phase: "PLAN",
  epoch: 3,
};
const start = Date.UTC(2030, 0, 1);

async function opened(env: Record<string, string | undefined> = {}, more: Partial<typeof security> = {}) {
  const dataDirectory = mkdtempSync(join(tmpdir(), "phasegate-tokens-"));
  const time = { now: start };
  const tokens = await openPhaseTokens({
    security: { ...security, ...more },
    dataDirectory,
    env,
    clock: { now: () => time.now },
  });
  return { tokens, time, dataDirectory, env };
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return "accepted";
  } catch (error) {
    return error instanceof PhasegateError ? error.code : `not a PhasegateError: ${String(error)}`;
  }
}

test("a token that was minted is verified to the same claims, with either kind of key", async () => {
  for (const env of [{}, { PHASEGATE_JWT_SECRET: "s".repeat(32) }]) {
    const { tokens } = await opened(env);
    const { token, expiresAt } = await tokens.mint({ ...claims, allowedTools: ["read_files"], expirySeconds: null });
    expect(await tokens.verify(token)).toEqual(claims);
    expect(expiresAt).toBe(start + 600_000);
  }
});

test("a token dies at its time, also when it was verified before", async () => {
  const { tokens, time } = await opened();
  const { token } = await tokens.mint({ ...claims, allowedTools: [], expirySeconds: null });
  await tokens.verify(token);
  time.now = start + 599_999;
  expect(await codeOf(tokens.verify(token))).toBe("accepted");
  time.now = start + 600_000;
  expect(await codeOf(tokens.verify(token))).toBe("token_expired");
  expect(await codeOf(tokens.verify(token))).toBe("token_expired");
});

test("a clock that jumps forward ends a verified token, and one that comes back lets it live until its time", async () => {
  const { tokens, time } = await opened();
  const { token, expiresAt } = await tokens.mint({ ...claims, allowedTools: [], expirySeconds: null });
  expect(await codeOf(tokens.verify(token))).toBe("accepted");
  time.now = expiresAt + 3_600_000;
  expect(await codeOf(tokens.verify(token))).toBe("token_expired");
  time.now = start;
  expect(await codeOf(tokens.verify(token))).toBe("accepted");
  time.now = expiresAt;
  expect(await codeOf(tokens.verify(token))).toBe("token_expired");
});

test("a clock that jumps back leaves a verified token alive, and makes it live no longer by its own clock", async () => {
  const { tokens, time } = await opened();
  const { token, expiresAt } = await tokens.mint({ ...claims, allowedTools: [], expirySeconds: null });
  const unseen = await tokens.mint({ ...claims, allowedTools: ["bash"], expirySeconds: null });
  expect(await codeOf(tokens.verify(token))).toBe("accepted");
  time.now = start - 3_600_000;
  expect(await codeOf(tokens.verify(token))).toBe("accepted");
  // One that was never verified is not valid yet: its holder claims again.
  expect(await codeOf(tokens.verify(unseen.token))).toBe("token_malformed");
  time.now = expiresAt;
  expect(await codeOf(tokens.verify(token))).toBe("token_expired");
});

test("no changed character of a token goes unnoticed", async () => {
  const { tokens } = await opened();
  const { token } = await tokens.mint({ ...claims, allowedTools: ["bash"], expirySeconds: null });
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
  const characters = constantFrom(...alphabet.split(""));
  await assert(
    asyncProperty(nat(token.length - 1), characters, nat(2), async (index, character, kind) => {
      const rest = token.slice(index + (kind === 0 ? 0 : 1));
      const changed = token.slice(0, index) + (kind === 2 ? "" : character) + rest;
      if (changed === token) return;
      expect(await codeOf(tokens.verify(changed))).toBe("token_malformed");
    }),
    { numRuns: 300 },
  );
});

test("the last character of the signature has one spelling only", async () => {
  const { tokens } = await opened();
  const { token } = await tokens.mint({ ...claims, allowedTools: [], expirySeconds: null });
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const accepted = alphabet
    .split("")
    .filter((last) => last !== token.at(-1))
    .map((last) => token.slice(0, -1) + last);
  expect(new Set(await Promise.all(accepted.map((changed) => codeOf(tokens.verify(changed)))))).toEqual(
    new Set(["token_malformed"]),
  );
});

describe("forged tokens", () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  async function forge(change: { header?: object; payload?: object; key?: "own" | "foreign" | "public as secret" }) {
    const { tokens, dataDirectory } = await opened();
    const own = openSigningKey(join(dataDirectory, "keys", "phase-token.key"));
    const seconds = start / 1_000;
    const header = { alg: "EdDSA", kid: tokens.keyId, typ: tokenType, ...change.header };
    const payload = {
      iss: tokenIssuer,
      aud: tokenAudience,
      sub: "prn_1",
      jti: "tok_1",
      iat: seconds,
      nbf: seconds,
      exp: seconds + 600,
      task_id: "task_1",
      phase: "PLAN",
      epoch: 3,
      allowed_tools: [],
      ...change.payload,
    };
    const key =
      change.key === "foreign"
        ? generateKeyPairSync("ed25519").privateKey
        : change.key === "public as secret"
          ? Buffer.from(createPublicKey(own).export({ type: "spki", format: "pem" }) as string)
          : own;
    const token =
      header.alg === "none"
        ? `${encode(header)}.${encode(payload)}.`
        : await new SignJWT(payload).setProtectedHeader(header).sign(key);
    return codeOf(tokens.verify(token));
  }

  const cases: [string, Parameters<typeof forge>[0], string][] = [
    ["an honest one is accepted", {}, "accepted"],
    ["alg none", { header: { alg: "none" } }, "token_malformed"],
    ["HS256 with the public key as secret", { header: { alg: "HS256" }, key: "public as secret" }, "token_malformed"],
    ["a foreign key under our kid", { key: "foreign" }, "token_malformed"],
    ["a foreign kid", { header: { kid: "other" } }, "token_malformed"],
    ["no kid", { header: { kid: undefined } }, "token_malformed"],
    ["another typ", { header: { typ: "JWT" } }, "token_malformed"],
    ["our typ with a prefix", { header: { typ: `application/${tokenType}` } }, "token_malformed"],
    ["a key of its own in the header", { header: { jwk: { kty: "OKP" } } }, "token_malformed"],
    ["another issuer", { payload: { iss: "someone" } }, "token_malformed"],
    ["another audience", { payload: { aud: "someone" } }, "token_malformed"],
    ["expired", { payload: { exp: start / 1_000 - 6 } }, "token_expired"],
    ["not valid yet", { payload: { nbf: start / 1_000 + 60 } }, "token_malformed"],
    ["no end", { payload: { exp: undefined } }, "token_malformed"],
    ["older than the age limit", { payload: { iat: start / 1_000 - 3_600 } }, "token_expired"],
    ["no token id", { payload: { jti: undefined } }, "token_malformed"],
    ["a task id of another kind", { payload: { task_id: "prn_1" } }, "token_malformed"],
    ["an epoch that is no number", { payload: { epoch: "3" } }, "token_malformed"],
  ];
  test.each(cases)("%s", async (_name, change, code) => {
    expect(await forge(change)).toBe(code);
  });

  test("a header that asks for extensions", async () => {
    const { tokens } = await opened();
    const { token } = await tokens.mint({ ...claims, allowedTools: [], expirySeconds: null });
    const header = { alg: "EdDSA", kid: tokens.keyId, typ: tokenType, crit: ["b64"], b64: false };
    expect(await codeOf(tokens.verify([encode(header), ...token.split(".").slice(1)].join(".")))).toBe(
      "token_malformed",
    );
  });
});

test.each(["", ".", "..", "a.b.c", "e30.e30.", "x".repeat(5_000), "\u0000", "é.é.é"])(
  "text that is no token is refused as malformed: %j",
  async (text) => {
    const { tokens } = await opened();
    expect(await codeOf(tokens.verify(text))).toBe("token_malformed");
  },
);

test("a token of another server is refused", async () => {
  const { tokens } = await opened();
  const other = await opened();
  const { token } = await other.tokens.mint({ ...claims, allowedTools: [], expirySeconds: null });
  expect(await codeOf(tokens.verify(token))).toBe("token_malformed");
});

test("a secret shorter than 32 bytes stops the start, and any is gone from the environment", async () => {
  const env = { PHASEGATE_JWT_SECRET: "short", ORCHESTRATOR_JWT_SECRET: "x".repeat(40) };
  expect(await codeOf(opened(env))).toBe("config_invalid");
  expect(env).toEqual({});
});

test("the older variable counts where today's is not set, and leaves no key file", async () => {
  const { tokens, dataDirectory, env } = await opened({ ORCHESTRATOR_JWT_SECRET: "x".repeat(40) });
  expect(tokens.algorithm).toBe("HS256");
  expect(env).toEqual({});
  expect(() => statSync(join(dataDirectory, "keys"))).toThrow(/ENOENT/);
});

test("the key file has mode 0600, is kept over restarts, and one that others may read stops the start", async () => {
  const { tokens, dataDirectory } = await opened();
  const path = join(dataDirectory, "keys", "phase-token.key");
  const digest = () => createHash("sha256").update(readFileSync(path)).digest("hex");
  const before = digest();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const clock = { now: () => start };
  const again = await openPhaseTokens({ security, dataDirectory, env: {}, clock });
  expect(again.keyId).toBe(tokens.keyId);
  expect(digest()).toBe(before);
  chmodSync(path, 0o644);
  expect(await codeOf(openPhaseTokens({ security, dataDirectory, env: {}, clock }))).toBe("config_invalid");
});

test("a token stays within its bound however many tools a phase allows", async () => {
  const { tokens } = await opened();
  const allowedTools = Array.from({ length: 500 }, (_, index) => `tool_with_a_long_name_${index}`);
  const { token } = await tokens.mint({
    ...claims,
    taskId: parseId("task", `task_${"x".repeat(64)}`) ?? claims.taskId,
    allowedTools,
    expirySeconds: null,
  });
  expect(token.length).toBeLessThan(4_096);
  expect(await codeOf(tokens.verify(token))).toBe("accepted");
});

test("ten users who mint and verify at once get their own claims each, and hear when their time is over", async () => {
  const { tokens, time } = await opened();
  const users = Array.from({ length: 10 }, async (_, epoch) => {
    const { token } = await tokens.mint({ ...claims, epoch, allowedTools: [], expirySeconds: null });
    const seen = await Promise.all(Array.from({ length: 10 }, () => tokens.verify(token)));
    expect(seen.map((one) => one.epoch)).toEqual(Array.from({ length: 10 }, () => epoch));
    return token;
  });
  const minted = await Promise.all(users);
  time.now += 601_000;
  const codes = await Promise.all(
    minted.flatMap((token) => [codeOf(tokens.verify(token)), codeOf(tokens.verify(token))]),
  );
  expect(new Set(codes)).toEqual(new Set(["token_expired"]));
});
