import { resolve } from "node:path";
import type { LoadedConfig } from "@phasegate/server/config";
import { PhasegateError } from "@phasegate/wire/core";
import { CommandFailure, exitCodes } from "./failure.ts";
import type { Io } from "./io.ts";

/** What `serve` would run with here. `file`: `--config`, else PHASEGATE_CONFIG, else the usual names. */
export async function loadConfiguration(io: Io, file?: string): Promise<LoadedConfig> {
  const { loadConfig } = await import("@phasegate/server/config");
  const chosen = file ?? io.env["PHASEGATE_CONFIG"];
  return loadConfig({ cwd: io.cwd, env: io.env, ...(chosen ? { file: chosen } : {}) });
}

/** The same for commands that are not about the configuration: what is wrong with it is a failure of one line. */
export async function configurationOf(io: Io): Promise<LoadedConfig["config"]> {
  try {
    return (await loadConfiguration(io)).config;
  } catch (error) {
    throw failureOf(error);
  }
}

/** The folder that was named, else that of the configuration. */
export async function dataDirectoryOf(io: Io, named: string | undefined): Promise<string> {
  return named === undefined ? (await configurationOf(io)).storage.data_dir : resolve(io.cwd, named);
}

/** A coded error as a failure with exit code 1; anything else as it is. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof PhasegateError)) return error;
  const { hint } = error.extras;
  return new CommandFailure(exitCodes.refused, error.message, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
