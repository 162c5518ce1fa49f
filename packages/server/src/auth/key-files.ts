import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { PhasegateError } from "@phasegate/wire";

/**
 * The Ed25519 private key in `path`, made at the first start. The file has mode 0600; one that others may read
 * stops the start, since whoever read it can sign.
 */
export function openSigningKey(path: string): KeyObject {
  const existing = readSecretFile(path);
  if (existing !== null) return parsePrivateKey(existing, path);
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  if (writeNewFile(path, pem, 0o600)) return privateKey;
  // RACE: another process made it between the read and the link; the first one stays.
  return parsePrivateKey(readSecretFile(path) ?? "", path);
}

/** Writes a file that is not there yet, whole or not at all. False when it is there. */
export function writeNewFile(path: string, content: string, mode: number): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, "wx", mode);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function readSecretFile(path: string): string | null {
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) {
      throw new PhasegateError("config_invalid", `the key file \`${path}\` can be read by others`, {
        hint: `chmod 600 ${path}; if others use this machine, delete it, so that a new key is made`,
      });
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function parsePrivateKey(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Told below, without the parser's words: they may quote the file.
  }
  throw new PhasegateError("config_invalid", `the key file \`${path}\` holds no Ed25519 private key`, {
    hint: "restore it from a backup, or delete it: tokens and signatures made with it are then void",
  });
}
