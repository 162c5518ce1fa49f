import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { TokenTrick } from "./step.ts";

/** Tokens that the attacker has come by. */
export interface KnownTokens {
  readonly live: string;
  /** Of the stay before; the live one's stand-in while there was none. */
  readonly previous: string;
  readonly otherTask: string;
}

/** The token that a trick shows in place of the live one; null: none at all. */
export function trickToken(trick: TokenTrick, tokens: KnownTokens): string | null {
  return tricks[trick](tokens);
}

const tricks: Readonly<Record<TokenTrick, (tokens: KnownTokens) => string | null>> = {
  live: ({ live }) => live,
  absent: () => null,
  garbage: () => "not.a.token",
  previous: ({ previous }) => previous,
  other_task: ({ otherTask }) => otherTask,
  unsigned: ({ live }) => `${changed(live, { header: { alg: "none" } })}.`,
  hmac: ({ live }) => withHmac(live),
  foreign_signature: ({ live }) => withForeignSignature(live, {}),
  foreign_key_id: ({ live }) => withForeignSignature(live, { kid: "key-of-the-attacker" }),
  other_phase: ({ live }) => `${changed(live, { payload: { phase: "COMPLETE", epoch: 99 } })}.${signatureOf(live)}`,
  prolonged: ({ live }) => `${changed(live, { payload: { exp: 4_102_444_800 } })}.${signatureOf(live)}`,
  embedded_key: ({ live }) => withEmbeddedKey(live),
  key_id_path: ({ live }) => withForeignSignature(live, { kid: "../../../../dev/null" }),
  oddly_unsigned: ({ live }) => `${changed(live, { header: { alg: "nOnE" } })}.`,
  critical_header: ({ live }) => withForeignSignature(live, { crit: ["b64"], b64: false }),
  without_expiry: ({ live }) => withForeignSignature(live, {}, { exp: undefined }),
  extra_part: ({ live }) => `${live}.${signatureOf(live)}`,
  without_signature: ({ live }) => `${live.split(".").slice(0, 2).join(".")}.`,
};

interface Change {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** Header and payload of a token with members replaced, without a signature. */
function changed(token: string, { header = {}, payload = {} }: Change): string {
  const [head = "", body = ""] = token.split(".");
  return [encode({ ...decode(head), ...header }), encode({ ...decode(body), ...payload })].join(".");
}

/** Symmetric confusion: the key's public name as the secret. */
function withHmac(token: string): string {
  const [head = ""] = token.split(".");
  const signed = changed(token, { header: { alg: "HS256" } });
  return `${signed}.${createHmac("sha256", String(decode(head)["kid"]))
    .update(signed)
    .digest("base64url")}`;
}

/** The attacker's key in the header, for a server that would take it from there. */
function withEmbeddedKey(token: string): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const signed = changed(token, { header: { alg: "EdDSA", jwk: publicKey.export({ format: "jwk" }) } });
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}

function withForeignSignature(
  token: string,
  header: Readonly<Record<string, unknown>>,
  payload: Readonly<Record<string, unknown>> = {},
): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  const signed = changed(token, { header: { alg: "EdDSA", ...header }, payload });
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}

function signatureOf(token: string): string {
  return token.split(".")[2] ?? "";
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
