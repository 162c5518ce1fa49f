import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { ClaimAnswer } from "@phasegate/wire";
import { serverAddress } from "../client/connect.ts";
import { httpClient } from "../client/http-client.ts";
import { keychainKey } from "../client/keychain.ts";
import type { CommandLine } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { defaultBindingsFolder, removeBinding, writeBinding } from "../hosts/bindings.ts";
import {
  claudeCodeAssurance,
  installClaudeCode,
  settingsFileOf,
  type SettingsScope,
  settingsScopes,
} from "../hosts/installation.ts";
import type { Io } from "../io.ts";

interface PlaceOptions {
  readonly bindings?: string;
}

interface RunOptions extends PlaceOptions {
  readonly within?: string;
  readonly sessionFolder?: string;
}

interface InstallOptions extends PlaceOptions {
  readonly scope: SettingsScope;
  readonly settings?: string;
  readonly within?: string;
}

interface BindOptions extends PlaceOptions {
  readonly server?: string;
  readonly task: string;
  readonly agent: string;
}

export function register(program: Command, commandLine: CommandLine): void {
  const hook = program.command("hook").description("lets a coding agent's own tools ask before they run");
  withBindings(hook.command("claude-code"))
    .description("answers one hook of Claude Code: payload on standard input, exit code 10 for go on, else a denial")
    .option("--within <directory>", "below it, deny what is bound to no task")
    .option("--session-folder <directory>", "where the host's session began")
    .action(async (options: RunOptions) => {
      const { runHook } = await import("../hosts/run-hook.ts");
      const { bindings, within, sessionFolder } = options;
      await runHook({ host: "claude-code", bindingsFolder: bindings, within, sessionFolder });
    });
  withBindings(hook.command("install"))
    .description("puts the hook into the settings of a host, so that whatever goes wrong with it denies")
    .addArgument(hostArgument(program))
    .addOption(new Option("--scope <scope>", "whose settings").choices(settingsScopes).default("user"))
    .option("--settings <file>", "that file instead")
    .option("--within <directory>", "below it, deny what is bound to no task: the folder of the server's workspaces")
    .action((_host: string, options: InstallOptions) => install(commandLine, options));
  withBindings(hook.command("bind"))
    .description("claims a task for an agent of a host, and binds the task's workspace to it")
    .addArgument(hostArgument(program))
    .requiredOption("--task <id>", "the task")
    .requiredOption("--agent <name>", "the name that the agent's key bears")
    .option("--server <url>", "address of the server (default: PHASEGATE_URL, else http://127.0.0.1:8000)")
    .action((_host: string, options: BindOptions) => bind(commandLine, options));
  withBindings(hook.command("unbind <directory>"))
    .description("binds a directory to no task any more; the task is left as it is")
    .action((directory: string, options: PlaceOptions) => unbind(commandLine, directory, options));
}

function withBindings(command: Command): Command {
  return command.option(
    "--bindings <directory>",
    "where bindings are kept (default: ~/.local/state/phasegate/bindings)",
  );
}

function hostArgument(program: Command) {
  return program.createArgument("<host>", "the coding agent").choices(["claude-code"]);
}

function install({ io }: CommandLine, { scope, settings, bindings, within }: InstallOptions): void {
  const file = settings === undefined ? settingsFileOf(scope, io.cwd) : resolve(io.cwd, settings);
  installClaudeCode(file, {
    // Managed settings are for every user of the machine, each with bindings of its own.
    bindingsFolder: bindings === undefined && scope === "managed" ? undefined : bindingsFolder(io, bindings),
    within: within === undefined ? undefined : realpathSync(resolve(io.cwd, within)),
  });
  io.out(`the hook is in ${file}`);
  if (claudeCodeAssurance() === "hooked") io.out("agents of this user are `hooked`");
  else io.out("agents of this user are `observed`: they can change the settings, or the hook's programs");
  io.out("next: `phasegate hook bind claude-code --task ID --agent NAME`, then start the agent in the workspace");
}

async function bind({ io }: CommandLine, options: BindOptions): Promise<void> {
  const server = serverAddress(io, options);
  const key = await agentKey(io, server);
  const assurance = claudeCodeAssurance();
  const claim = await httpClient({ server, key }).post<ClaimAnswer>("/tasks/claim", {
    agent_id: options.agent,
    task_id: options.task,
    assurance,
  });
  const directory = realpathSync(claim.workspace.path);
  writeBinding(bindingsFolder(io, options.bindings), { directory, server, taskId: claim.task.id, key });
  io.out(`${directory} is bound to ${claim.task.id} (${assurance}), in phase ${claim.phase}`);
  io.out("next: start the agent there");
}

async function agentKey(io: Io, server: string): Promise<string> {
  const key = io.env["PHASEGATE_KEY"] || (await keychainKey(server, io.env));
  if (key) return key;
  throw new CommandFailure(exitCodes.refused, "the agent has no key", {
    hint: "set PHASEGATE_KEY to the agent's own key, one of `phasegate key add --kind agent --role agent`",
  });
}

function unbind({ io }: CommandLine, directory: string, { bindings }: PlaceOptions): void {
  const place = realpathSync(resolve(io.cwd, directory));
  if (!removeBinding(bindingsFolder(io, bindings), place))
    throw new CommandFailure(exitCodes.refused, `\`${place}\` is bound to no task`);
  io.out(`${place} is bound to no task any more`);
}

function bindingsFolder(io: Io, named: string | undefined): string {
  return named === undefined ? defaultBindingsFolder() : resolve(io.cwd, named);
}
