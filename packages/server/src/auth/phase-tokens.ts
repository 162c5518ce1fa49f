import { createHmac, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { join } from "node:path";
import type { TokenClaims } from "@phasegate/engine";
import { parseId, PhasegateError } from "@phasegate/wire";
import { calculateJwkThumbprint, errors, jwtVerify, type JWTPayload, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import { olderSecretVariable } from "../config/older.ts";
import type { Config } from "../config/config.ts";
import type { Clock, MintClaims, MintedToken, PhaseTokens } from "../context.ts";
import { openSigningKey } from "./key-files.ts";

export const tokenType = "phasegate+jwt";
export const tokenIssuer = "phasegate";
export const tokenAudience = "phasegate/phase";

/** Characters; longer ones are refused before they are looked at. */
const maxTokenLength = 4_096;
const maxCachedTokens = 20_000;
const maxCachedBytes = 16 * 1024 ** 2;
/** Of the claims beside the token itself. */
const bytesOfClaims = 512;
/** Characters that `allowed_tools` may take in a token; what does not fit is left out. The server's state decides. */
const maxToolCharacters = 1_500;
const clockToleranceSeconds = 5;

export interface OpenPhaseTokensOptions {
  readonly security: Config["security"];
  readonly dataDirectory: string;
  /** The secret's variable is deleted from it once it was read. */
  readonly env: Record<string, string | undefined>;
  readonly clock: Clock;
}

export interface OpenedPhaseTokens extends PhaseTokens {
  readonly algorithm: "EdDSA" | "HS256";
  readonly keyId: string;
}

/**
 * Issues and verifies phase tokens (RFC 8725): the algorithm is the key's, never the token's. EdDSA with a key of
 * the data directory, or HS256 when the variable named by `security.jwt_secret_env_var` holds 32 bytes or more;
 * a shorter one stops the start.
 */
export async function openPhaseTokens(options: OpenPhaseTokensOptions): Promise<OpenedPhaseTokens> {
  const material = await openKey(options);
  return new SignedPhaseTokens(material, options.security, options.clock);
}

interface KeyMaterial {
  readonly algorithm: "EdDSA" | "HS256";
  readonly keyId: string;
  readonly signWith: KeyObject;
  readonly verifyWith: KeyObject;
}

async function openKey(options: OpenPhaseTokensOptions): Promise<KeyMaterial> {
  const secret = takeTokenSecret(options);
  if (secret !== null) {
    const key = createSecretKey(secret);
    const keyId = createHmac("sha256", secret).update("phasegate key id").digest("base64url").slice(0, 22);
    return { algorithm: "HS256", keyId, signWith: key, verifyWith: key };
  }
  const key = openSigningKey(join(options.dataDirectory, "keys", "phase-token.key"));
  const publicKey = createPublicKey(key);
  const keyId = await calculateJwkThumbprint(publicKey.export({ format: "jwk" }));
  return { algorithm: "EdDSA", keyId, signWith: key, verifyWith: publicKey };
}

/**
 * The secret of phase tokens, taken out of the environment; null when none is set. Throws `config_invalid` for one that
 * is too short.
 */
export function takeTokenSecret({ security, env }: Pick<OpenPhaseTokensOptions, "security" | "env">): Buffer | null {
  const named = env[security.jwt_secret_env_var];
  const variable = named === undefined ? olderSecretVariable : security.jwt_secret_env_var;
  const text = env[variable];
  delete env[security.jwt_secret_env_var];
  delete env[olderSecretVariable];
  if (text === undefined || text === "") return null;
  const secret = Buffer.from(text, "utf8");
  if (secret.length < 32) {
    throw new PhasegateError(
      "config_invalid",
      `the secret in \`${variable}\` has ${secret.length} bytes; it needs 32 or more`,
      {
        hint: `set ${variable} to the output of: openssl rand -base64 48`,
      },
    );
  }
  return secret;
}

interface Verified {
  readonly claims: TokenClaims;
  /** Milliseconds; the earlier of `exp` and the age limit. */
  readonly endsAt: number;
}

class SignedPhaseTokens implements OpenedPhaseTokens {
  readonly algorithm: "EdDSA" | "HS256";
  readonly keyId: string;
  private readonly material: KeyMaterial;
  private readonly security: Config["security"];
  private readonly clock: Clock;
  private readonly verified = new LRUCache<string, Verified>({
    max: maxCachedTokens,
    maxSize: maxCachedBytes,
    sizeCalculation: (_, token) => token.length + bytesOfClaims,
  });

  constructor(material: KeyMaterial, security: Config["security"], clock: Clock) {
    this.algorithm = material.algorithm;
    this.keyId = material.keyId;
    this.material = material;
    this.security = security;
    this.clock = clock;
  }

  async mint(claims: MintClaims): Promise<MintedToken> {
    const issuedAt = Math.floor(this.clock.now() / 1_000);
    const asked = claims.expirySeconds ?? this.security.token_expiry_seconds;
    const lifeSeconds = Math.min(asked, this.security.max_token_age_seconds);
    const expiresAt = issuedAt + lifeSeconds;
    const token = await new SignJWT({
      task_id: claims.taskId,
      phase: claims.phase,
      epoch: claims.epoch,
      allowed_tools: fitting(claims.allowedTools),
    })
      .setProtectedHeader({ alg: this.algorithm, kid: this.keyId, typ: tokenType })
      .setIssuer(tokenIssuer)
      .setAudience(tokenAudience)
      .setSubject(claims.subject)
      .setJti(claims.tokenId)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.material.signWith);
    return { token, expiresAt: expiresAt * 1_000 };
  }

  async verify(token: string): Promise<TokenClaims> {
    const now = this.clock.now();
    const known = this.verified.get(token);
    if (known) {
      if (now < known.endsAt) return known.claims;
      this.verified.delete(token);
      throw expired();
    }
    const verified = await this.check(token, now);
    this.verified.set(token, verified);
    return verified.claims;
  }

  private async check(token: string, now: number): Promise<Verified> {
    if (token.length > maxTokenLength) throw malformed("it is too long");
    this.checkHeader(token);
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.material.verifyWith, {
        algorithms: [this.algorithm],
        issuer: tokenIssuer,
        audience: tokenAudience,
        typ: tokenType,
        requiredClaims: ["iss", "aud", "sub", "jti", "iat", "nbf", "exp"],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now),
      }));
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw expired();
      throw malformed("its signature, issuer, audience or times do not hold", error);
    }
    const claims = readClaims(payload);
    const endsAt = 1_000 * Math.min(payload.exp ?? 0, (payload.iat ?? 0) + this.security.max_token_age_seconds);
    if (now >= endsAt) throw expired();
    return { claims, endsAt };
  }

  /** Exactly the three members that `mint` writes, and one spelling of each part: base64url has several for some bytes. */
  private checkHeader(token: string): void {
    const parts = token.split(".");
    if (parts.length !== 3 || !parts.every(isCanonicalBase64Url)) throw malformed("it is not a signed token");
    let header: unknown;
    try {
      header = JSON.parse(Buffer.from(parts[0] ?? "", "base64url").toString("utf8"));
    } catch {
      throw malformed("it is not a signed token");
    }
    if (typeof header !== "object" || header === null) throw malformed("it is not a signed token");
    const { alg, kid, typ, ...rest } = header as Record<string, unknown>;
    if (alg !== this.algorithm || typ !== tokenType || kid !== this.keyId || Object.keys(rest).length > 0) {
      throw malformed("it was not issued by this server");
    }
  }
}

function readClaims(payload: JWTPayload): TokenClaims {
  const tokenId = parseId("token", payload.jti);
  const taskId = parseId("task", payload["task_id"]);
  const subject = parseId("principal", payload.sub);
  const phase = payload["phase"];
  const epoch = payload["epoch"];
  if (!tokenId || !taskId || !subject || typeof phase !== "string" || !Number.isSafeInteger(epoch)) {
    throw malformed("its claims are not those of a phase token");
  }
  return { tokenId, taskId, subject, phase, epoch: epoch as number };
}

function fitting(tools: readonly string[]): string[] {
  let characters = 0;
  return tools.filter((tool) => (characters += tool.length + 3) <= maxToolCharacters);
}

function isCanonicalBase64Url(part: string): boolean {
  return part !== "" && Buffer.from(part, "base64url").toString("base64url") === part;
}

const detail = "Invalid or expired phase token";

function malformed(why: string, cause?: unknown): PhasegateError {
  return new PhasegateError(
    "token_malformed",
    detail,
    { hint: `${why}; claim the task again to get a token` },
    cause === undefined ? undefined : { cause },
  );
}

function expired(): PhasegateError {
  return new PhasegateError("token_expired", detail, {
    hint: "its time is over; POST /api/v1/tasks/{id}/token while the lease runs, else claim again",
  });
}
