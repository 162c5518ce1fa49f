import { dirname, resolve } from "node:path";
import { Option, type Command } from "commander";
import type { RunningServer } from "@phasegate/server";
import type { Place } from "@phasegate/wire";
import { PhasegateError } from "@phasegate/wire/core";
import type { CommandLine } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printable, type Io } from "../io.ts";
import { styled } from "../output/colour.ts";
import { underlineRule } from "../output/underline.ts";
import { integerBetween } from "./task.ts";

interface ServeOptions {
  readonly config?: string;
  readonly workflow?: string;
  readonly host?: string;
  readonly port?: number;
  readonly dataDir?: string;
  readonly auth?: string;
  readonly writeKey?: string;
}

export function register(program: Command, commandLine: CommandLine): void {
  program
    .command("serve")
    .description("run the server until it is interrupted")
    .option("--config <file>", "configuration file (default: phasegate.yaml, else orchestrator.yaml)")
    .option("--workflow <file>", "workflow file (default: agent_workflow.yaml)")
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--port <n>", "port to listen on; 0 takes a free one (default: 8000)", integerBetween(0, 65_535))
    .option("--data-dir <folder>", "keys, ledger and workspaces; never inside a repository")
    .addOption(new Option("--auth <mode>", "`open` frees the agents' calls from the key").choices(["keys", "open"]))
    .option("--write-key <file>", "write a newly made operator key to this new file")
    .action((options: ServeOptions) => serve(commandLine, options));
}

/** Resolves when the server has been interrupted and is down. */
async function serve({ io }: CommandLine, options: ServeOptions): Promise<void> {
  const { startServer } = await import("@phasegate/server");
  const configFile = options.config ?? io.env["PHASEGATE_CONFIG"];
  let server: RunningServer;
  try {
    server = await startServer({
      cwd: io.cwd,
      env: io.env,
      ...(configFile ? { configFile } : {}),
      ...(options.writeKey === undefined ? {} : { writeKeyFile: resolve(io.cwd, options.writeKey) }),
      canShowKey: io.isTerminal,
      overrides: overridesOf(options),
    });
  } catch (error) {
    throw startFailure(io, options, error);
  }
  const interrupted = interruption();
  announce(io, server);
  const reload = () => void server.reload();
  process.on("SIGHUP", reload);
  await interrupted;
  process.off("SIGHUP", reload);
  await server.close();
}

function overridesOf(options: ServeOptions): Record<string, unknown> {
  const overrides: Record<string, unknown> = {
    "workflow.file": options.workflow,
    "server.host": options.host,
    "server.port": options.port,
    "storage.data_dir": options.dataDir,
    "security.auth": options.auth,
  };
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

function announce(io: Io, { url, config, capabilities, firstKey, warnings, missingAssurance }: RunningServer): void {
  const user = capabilities.separateUser ? ", separate user" : "";
  io.out(
    `assurance ${capabilities.assurance}${user}; auth ${config.security.auth}; data in ${config.storage.data_dir}`,
  );
  for (const warning of warnings) io.error(`${styled(io, "yellow", "warning")}: ${printable(warning)}`);
  if (config.security.auth === "open") {
    io.error("phasegate: security.auth is open: agents' calls need no key. Nobody can approve or review as `open`.");
  }
  if (missingAssurance !== null) {
    io.error(`phasegate: ${printable(missingAssurance)}: its tasks do not run`);
    io.error("  hint: `phasegate doctor` says what to install");
  }
  handOverKey(io, firstKey);
  // The last line: who waits for it may call.
  io.out(`phasegate listens on ${url}`);
}

/** A made key is shown once, to a person; it is never printed into a log. */
function handOverKey(io: Io, firstKey: RunningServer["firstKey"]): void {
  if (firstKey.status === "kept" && firstKey.ignored) {
    io.error("phasegate: PHASEGATE_OPERATOR_KEY is ignored: the operator has another key since the first start");
  }
  if (firstKey.status === "none") {
    io.error("phasegate: there is no operator key yet, and no terminal to show a new one on");
    io.error("  hint: start with PHASEGATE_OPERATOR_KEY (32 characters or more), or with --write-key FILE");
  }
  if (firstKey.status !== "made") return;
  if (firstKey.file !== null) io.out(`operator key written to ${firstKey.file}`);
  else {
    io.out(`operator key, shown this once: ${styled(io, "bold", firstKey.key)}`);
    io.out("  other commands take it from PHASEGATE_KEY");
  }
}

function interruption(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
      resolve();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
  });
}

/** Why it did not start, in one line and the places; what is no expected failure stays a stack trace. */
function startFailure(io: Io, options: ServeOptions, error: unknown): unknown {
  if (error instanceof PhasegateError) {
    const directory = options.workflow === undefined ? io.cwd : dirname(resolve(io.cwd, options.workflow));
    for (const finding of (error.extras.findings ?? []) as readonly Place[]) {
      io.error(`${printable(finding.place)}: ${printable(finding.message)}`);
      for (const line of underlineRule(finding.place, directory)) io.error(line);
    }
    const { hint } = error.extras;
    return new CommandFailure(exitCodes.refused, `not started: ${error.message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  if (error instanceof Error && "code" in error && "syscall" in error) {
    if (error.code === "EADDRINUSE" || error.code === "EACCES" || error.code === "EADDRNOTAVAIL") {
      const hint = "stop what listens there, or choose another with --port or PHASEGATE_SERVER_PORT";
      if (error.syscall === "listen") {
        return new CommandFailure(exitCodes.refused, `not started: ${error.message}`, { cause: error, hint });
      }
    }
    return new CommandFailure(exitCodes.refused, `not started: ${error.message}`, { cause: error });
  }
  return error;
}
