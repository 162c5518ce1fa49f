/** Why setting a variable cannot be allowed where commands are listed; `command`: its value is a command to judge. */
export type VariableRisk = "none" | "lookup" | "command";

const lookup = new Set([
  "PATH",
  "ENV",
  "BASH_ENV",
  "IFS",
  "SHELLOPTS",
  "BASHOPTS",
  "PS4",
  "PROMPT_COMMAND",
  "CDPATH",
  "SHELL",
  "GLOBIGNORE",
  "GIT_EXEC_PATH",
  "GIT_CONFIG",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_PARAMETERS",
  "GIT_CONFIG_COUNT",
  "GIT_TEMPLATE_DIR",
  "PERL5OPT",
  "PERL5LIB",
  "RUBYOPT",
  "RUBYLIB",
  "PYTHONSTARTUP",
  "PYTHONHOME",
  "BASH_LOADABLES_PATH",
  "JAVA_TOOL_OPTIONS",
  "GCONV_PATH",
]);
const commands = new Set([
  "EDITOR",
  "VISUAL",
  "PAGER",
  "GIT_EDITOR",
  "GIT_PAGER",
  "GIT_SEQUENCE_EDITOR",
  "GIT_SSH_COMMAND",
  "GIT_SSH",
  "GIT_EXTERNAL_DIFF",
  "GIT_ASKPASS",
  "SSH_ASKPASS",
  "LESSOPEN",
  "MANPAGER",
  "BROWSER",
]);
const lookupPattern =
  /^(?:LD_|DYLD_|BASH_FUNC_|GIT_CONFIG_(?:KEY|VALUE)_|npm_config_(?:script[_-]shell|node[_-]options|prefix|userconfig|globalconfig)$)/iu;

/** What setting a variable to a value may do to the commands after it. A value that is not known is taken as the worst. */
export function variableRisk(name: string, value: string | null): VariableRisk {
  if (lookup.has(name) || lookupPattern.test(name)) return "lookup";
  if (commands.has(name)) return value === "" ? "none" : "command";
  if (name === "NODE_OPTIONS") return value !== null && !loadsCode(value) ? "none" : "lookup";
  return "none";
}

function loadsCode(options: string): boolean {
  return /(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|-e|--eval|--inspect\S*|--env-file\S*)(?:[\s=]|$)/u.test(
    options,
  );
}
