import type { Command } from "commander";
import type { ConfigAnswer, ConfigChangesAnswer } from "@phasegate/wire";
import { withServer } from "../client/connect.ts";
import type { CommandLine, ServerOptions } from "../command-line.ts";
import { addServerOptions } from "../command-line.ts";
import { failureOf } from "../configuration.ts";
import { printable, type Io } from "../io.ts";
import { printJson, printTable } from "../output/table.ts";

interface SetOptions extends ServerOptions {
  readonly config?: string;
  readonly save?: boolean;
}

/** `config show --server`: what the running server has, and which keys wait for a restart. */
export async function showRunning(
  { io }: CommandLine,
  options: ServerOptions & { readonly sources?: boolean },
): Promise<void> {
  const answer = await withServer(io, options, (client) => client.get<ConfigAnswer>("/config"));
  if (options.json) return printJson(io, answer);
  printTable(
    io,
    options.sources ? ["setting", "value", "source"] : ["setting", "value"],
    answer.settings.map(({ key, value, source }) => (options.sources ? [key, value, source] : [key, value])),
  );
  for (const { key, pending } of answer.settings) {
    if (pending) io.out(`waiting for a restart: ${key}: ${printable(JSON.stringify(pending.value))}`);
  }
}

/** `config set` and `config reload`. */
export function registerChanges(config: Command, commandLine: CommandLine): void {
  addServerOptions(
    config
      .command("set <key> <value>")
      .description("write a setting into the file, or with --server change it in the running server")
      .option("--config <file>", "configuration file (default: phasegate.yaml)")
      .option("--save", "with --server: also write it into the server's file"),
  ).action((key: string, value: string, options: SetOptions) => setSetting(commandLine, key, value, options));

  addServerOptions(
    config.command("reload").description("have the running server read its configuration file again"),
  ).action(async (options: ServerOptions) => {
    const { io } = commandLine;
    const answer = await withServer(io, options, (client) => client.post<ConfigChangesAnswer>("/config/reload", {}));
    printChanges(io, answer, options);
  });
}

async function setSetting({ io }: CommandLine, key: string, text: string, options: SetOptions): Promise<void> {
  const { ConfigManager, readText, settings } = await import("@phasegate/server/config");
  const setting = settings.find(({ path }) => path === key);
  const value = setting ? readText(setting, text) : text;
  if (options.server !== undefined) {
    const body = { changes: { [key]: value }, save: options.save === true };
    printChanges(
      io,
      await withServer(io, options, (client) => client.patch<ConfigChangesAnswer>("/config", body)),
      options,
    );
    return;
  }
  try {
    const file = options.config ?? io.env["PHASEGATE_CONFIG"];
    const home = io.env["HOME"];
    const env = home === undefined ? {} : { HOME: home };
    const manager = new ConfigManager({ cwd: io.cwd, env, ...(file ? { file } : {}) });
    const { path } = await manager.write({ [key]: value });
    if (options.json) return printJson(io, { path, key, effect: setting?.effect });
    io.out(`${key} written to ${printable(path)}`);
    const then = setting?.effect === "runtime" ? "`phasegate config reload`" : "the next start of the server";
    io.out(`  it holds from ${then}`);
  } catch (error) {
    throw failureOf(error);
  }
}

function printChanges(io: Io, answer: ConfigChangesAnswer, options: ServerOptions): void {
  if (options.json) return printJson(io, answer);
  for (const { place, message } of answer.warnings) io.error(`${printable(place)}: warning: ${printable(message)}`);
  for (const change of answer.changes) {
    const old = printable(JSON.stringify(change.old));
    io.out(`${change.key}: ${old} -> ${printable(JSON.stringify(change.new))} (${change.effect})`);
  }
  if (answer.changes.length === 0) io.out("nothing changed");
  if (answer.saved !== null) io.out(`written to ${printable(answer.saved)}`);
  if (answer.restart_needed.length > 0) io.out(`waiting for a restart: ${answer.restart_needed.join(", ")}`);
}
