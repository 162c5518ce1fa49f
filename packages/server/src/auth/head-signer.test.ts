import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, type Digest } from "@phasegate/wire";
import { expect, test } from "vitest";
import { openHeadSigner } from "./head-signer.ts";

const head = { stream: "task/task_1", version: 7, hash: `sha256:${"a".repeat(64)}` as Digest };

test("a signature holds over exactly the canonical head, under the key that was written for readers", async () => {
  const directory = mkdtempSync(join(tmpdir(), "phasegate-head-"));
  const signer = await openHeadSigner(directory);
  const signature = Buffer.from(signer.sign(head).signature, "base64url");
  const publicKey = createPublicKey(readFileSync(signer.publicKeyFile));
  const holds = (text: string) => verify(null, Buffer.from(text), publicKey, signature);
  expect(holds(canonicalJson(head))).toBe(true);
  expect(holds(canonicalJson({ ...head, version: 8 }))).toBe(false);
  expect(statSync(join(directory, "keys", "ledger-head.key")).mode & 0o777).toBe(0o600);
  expect((await openHeadSigner(directory)).keyId).toBe(signer.keyId);
});
