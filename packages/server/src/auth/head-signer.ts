import { createPublicKey, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SignedHead } from "@phasegate/ledger";
import { canonicalJson, type Digest } from "@phasegate/wire";
import { calculateJwkThumbprint } from "jose";
import { openSigningKey } from "./key-files.ts";

interface StreamHead {
  readonly stream: string;
  readonly version: number;
  readonly hash: Digest;
}

export interface HeadSigner {
  readonly keyId: string;
  /** SPKI PEM; also in `<data_dir>/keys/ledger-head.pub.pem`, for `audit verify`. */
  readonly publicKeyPem: string;
  readonly publicKeyFile: string;
  sign(head: StreamHead): SignedHead;
}

/** Signs heads with the Ed25519 key of the data directory, made at the first start. */
export async function openHeadSigner(dataDirectory: string): Promise<HeadSigner> {
  const key = openSigningKey(join(dataDirectory, "keys", "ledger-head.key"));
  const publicKey = createPublicKey(key);
  const keyId = await calculateJwkThumbprint(publicKey.export({ format: "jwk" }));
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }) as string;
  const publicKeyFile = join(dataDirectory, "keys", "ledger-head.pub.pem");
  writeFileSync(publicKeyFile, publicKeyPem, { mode: 0o644 });
  return {
    keyId,
    publicKeyPem,
    publicKeyFile,
    sign: (head) => ({ keyId, signature: sign(null, signedBytes(head), key).toString("base64url") }),
  };
}

function signedBytes(head: StreamHead): Buffer {
  return Buffer.from(canonicalJson({ stream: head.stream, version: head.version, hash: head.hash }));
}
