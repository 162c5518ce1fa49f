import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Answer, done } from "./answer.ts";
import { commitAll } from "./repository-kind.ts";
import type { StepOf } from "./step.ts";

const bin = fileURLToPath(new URL("../../bin/phasegate.mjs", import.meta.url));

/** A file, or a link, put into the workspace past the server; without content or link: taken away. */
export function writeOutside(workspace: string, { outside, content, link, mode }: StepOf<"outside">): Answer {
  const path = join(workspace, outside);
  if (content === undefined || link !== undefined) rmSync(path, { recursive: true, force: true });
  if (content !== undefined || link !== undefined) mkdirSync(dirname(path), { recursive: true });
  if (link !== undefined) symlinkSync(link, path);
  else if (content !== undefined) writeFileSync(path, content as string);
  if (mode !== undefined) chmodSync(path, Number.parseInt(mode, 8));
  return done;
}

/**
 * A file of the repository as it lies on disk, from which the server starts; without content as it was committed. With
 * a message, committed there.
 */
export function writeRepository(repository: string, step: StepOf<"repository">): Answer {
  const { repository: path, content, commit } = step;
  if (content === undefined) {
    execFileSync("git", ["-C", repository, "checkout", "-q", "HEAD", "--", path], { stdio: "pipe" });
    return done;
  }
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), content as string);
  if (commit !== undefined) commitAll(repository, commit);
  return done;
}

export interface LedgerLock {
  release(): void;
}

/** Nobody else can write the ledger until it is released. */
export function lockLedger(dataDirectory: string): LedgerLock {
  const database = new DatabaseSync(join(dataDirectory, "ledger.sqlite"));
  database.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
  return { release: () => database.close() };
}

interface CommandLineCall {
  readonly cli: readonly string[];
  readonly stdin: string | undefined;
  readonly cwd: string;
  readonly url: string;
  readonly key: string | null;
}

/** Runs the real command line against the server. Its answer is granted when it exits with 0. */
export async function runPhasegate({ cli, stdin, cwd, url, key }: CommandLineCall): Promise<Answer> {
  const child = spawn(process.execPath, [bin, ...cli], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: cwd, PHASEGATE_URL: url, ...(key === null ? {} : { PHASEGATE_KEY: key }) },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 60_000,
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin ?? "");
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  const exit_code = code ?? 255;
  return { status: exit_code === 0 ? 200 : 403, body: { exit_code, stdout, stderr }, text: stdout + stderr };
}
