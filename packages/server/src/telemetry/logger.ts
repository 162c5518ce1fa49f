import { resolve } from "node:path";
import { type Logger, pino, stdSerializers, stdTimeFunctions } from "pino";
import type { Config } from "../config/config.ts";
import { currentLogContext } from "./log-context.ts";
import { logFileRefused, LogOutput } from "./log-output.ts";
import { withoutSecretMembers, withoutSecretText } from "./redaction.ts";

export interface ServerLog {
  readonly log: Logger;
  /** Opens the log file again by its name, after a rotation took it away. */
  readonly reopen: () => void;
  readonly close: () => void;
}

/** The server's logger: standard error, a file, or both; secrets are replaced before anything is written. */
export function createLogger(logging: Config["logging"], cwd: string): ServerLog {
  const outputs: LogOutput[] = [];
  if (logging.console) outputs.push(new LogOutput(2, logging.format));
  if (logging.file !== null) outputs.push(openLogFile(resolve(cwd, logging.file), logging.format));
  const write = (line: string): void => {
    for (const output of outputs) output.write(line);
  };
  const log = createLoggerTo({ write }, logging.level);
  return {
    log,
    reopen() {
      for (const output of outputs) output.reopen();
    },
    close() {
      for (const output of outputs) output.close();
    },
  };
}

/** The same logger, to any stream. Each line carries the ids of the work that it belongs to. */
export function createLoggerTo(stream: { write(line: string): void }, level: Config["logging"]["level"]): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      mixin: currentLogContext,
      formatters: {
        level: (label) => ({ level: label }),
        log: (members) => withoutSecretMembers(members) as Record<string, unknown>,
      },
      serializers: { err: (error: Error) => withoutSecretMembers(stdSerializers.err(error)) },
    },
    { write: (line: string) => stream.write(withoutSecretText(line)) },
  );
}

function openLogFile(path: string, format: Config["logging"]["format"]): LogOutput {
  try {
    return new LogOutput(path, format);
  } catch (error) {
    throw logFileRefused(path, error);
  }
}
