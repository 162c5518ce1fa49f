import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { destination, type Logger, multistream, pino, type StreamEntry, stdTimeFunctions } from "pino";
import { PinoPretty } from "pino-pretty";
import type { Config } from "../config/config.ts";

/** Names whose values never reach a log, at the top and one or two levels down. */
const secretNames = [
  "authorization",
  "phase_token",
  "phaseToken",
  "new_token",
  "token",
  "key",
  "api_key",
  "apiKey",
  "secret",
  "password",
  "cookie",
  "idempotency_key",
];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
secretPaths.push('headers["phase-token"]', '*.headers["phase-token"]');

/** The server's logger: standard error, a file, or both; secrets are replaced before anything is written. */
export function createLogger(logging: Config["logging"], cwd: string): Logger {
  const streams: StreamEntry[] = [];
  if (logging.console) streams.push({ level: "trace", stream: output(logging.format, 2) });
  if (logging.file !== null) {
    const path = resolve(cwd, logging.file);
    mkdirSync(dirname(path), { recursive: true });
    streams.push({ level: "trace", stream: output(logging.format, path) });
  }
  return createLoggerTo(multistream(streams), logging.level);
}

/** The same logger, to any stream. */
export function createLoggerTo(stream: { write(line: string): void }, level: Config["logging"]["level"]): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      redact: { paths: secretPaths, censor: "[redacted]" },
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

function output(format: "json" | "pretty", target: number | string) {
  const to = typeof target === "number" ? { fd: target } : { dest: target, append: true };
  if (format === "json") return destination({ ...to, sync: true });
  return PinoPretty({ destination: target, sync: true, colorize: target === 2 && process.stderr.isTTY });
}
