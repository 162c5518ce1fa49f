import { mkdir } from "node:fs/promises";
import path from "node:path";
import { digestJson, type Digest } from "@phasegate/wire";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { removeDirectory } from "../tree/remove-directory.ts";

const versions = [
  "node --version",
  "python3 --version",
  "go version",
  "cargo --version",
  "ruby --version",
  "java -version",
].map((command) => `command -v ${command.split(" ")[0] ?? ""} && ${command}`);

/** Digest of what commands find on this machine: platform, sandbox level, and the versions of its runtimes. */
export async function runtimeDigest(sandbox: Sandbox, scratch: string): Promise<Digest> {
  const workspacePath = path.join(scratch, "runtime");
  await mkdir(workspacePath, { recursive: true, mode: 0o700 });
  const result = await sandbox.run({
    argv: ["bash", "-c", `{ ${versions.join("; ")}; true; } 2>&1`],
    workspacePath,
    on: "workspace",
    cwd: "",
    readOnlyMounts: [],
    network: "none",
    timeoutMs: 20_000,
    limits: sandbox.limits,
    signal: new AbortController().signal,
  });
  await removeDirectory(workspacePath);
  return digestJson({
    platform: process.platform,
    arch: process.arch,
    sandbox: sandbox.assurance,
    versions: result.stdout.text,
  });
}
