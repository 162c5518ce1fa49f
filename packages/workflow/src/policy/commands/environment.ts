/** Why setting a variable cannot be allowed where commands are listed; `command`: its value is a command to judge. */
export type VariableRisk = "none" | "lookup" | "command";

const lookup = new Set([
  "PATH",
  "ENV",
  "BASH_ENV",
  "SHELLOPTS",
  "BASHOPTS",
  "PS4",
  "PROMPT_COMMAND",
  "CDPATH",
  "SHELL",
  "GLOBIGNORE",
  "HOME",
  "XDG_CONFIG_HOME",
  "ZDOTDIR",
  "INPUTRC",
  "PERL5OPT",
  "PERL5LIB",
  "RUBYOPT",
  "RUBYLIB",
  "PYTHONSTARTUP",
  "PYTHONHOME",
  "BASH_LOADABLES_PATH",
  "BASH_CMDS",
  "BASH_ALIASES",
  "EXECIGNORE",
  "PYTHONINSPECT",
  "PYTHONBREAKPOINT",
  "PYTHONWARNINGS",
  "PERL5DB",
  "LUA_INIT",
  "ERL_FLAGS",
  "R_PROFILE",
  "R_PROFILE_USER",
  "MAKEFLAGS",
  "GNUMAKEFLAGS",
  "MAKEFILES",
  "TAR_OPTIONS",
  "RIPGREP_CONFIG_PATH",
  "DOTNET_STARTUP_HOOKS",
  "OPENSSL_CONF",
  "YARN_RC_FILENAME",
  "YARN_YARN_PATH",
  "YARN_PLUGINS",
  "GOTOOLDIR",
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
  "LESSCLOSE",
  "MANPAGER",
  "PSQL_EDITOR",
  "PSQL_PAGER",
  "SUDO_EDITOR",
  "FCEDIT",
  "RSYNC_RSH",
  "CVS_RSH",
  "SUDO_ASKPASS",
  "FZF_DEFAULT_COMMAND",
  "RUSTC",
  "RUSTDOC",
  "RUSTC_WRAPPER",
  "RUSTC_WORKSPACE_WRAPPER",
  "BROWSER",
  "CC",
  "CXX",
  "CPP",
  "FC",
  "LD",
  "AR",
]);
const compiler =
  /^(?:ccache )?(?:[\w-]+-)?(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|cpp|ld|ld\.lld|lld|mold|ar|gfortran)(?:-[\d.]+)?(?: -[\w=.+-]+)*$/u;
const lookupPattern =
  /^(?:LD_|DYLD_|BASH_FUNC_|CARGO_TARGET_.*_(?:RUNNER|LINKER)$|CARGO_BUILD_RUST|npm_(?:node_)?execpath$|CORECLR_|COR_)/iu;

/** Settings of git and npm that name no program and no file with settings; all others may. */
const harmlessGit =
  /^GIT_(?:AUTHOR|COMMITTER)_|^GIT_(?:TERMINAL_PROMPT|OPTIONAL_LOCKS|TRACE\w*|MERGE_AUTOEDIT|INDEX_FILE|ADVICE|CONFIG_NOSYSTEM|DISCOVERY_ACROSS_FILESYSTEM|CEILING_DIRECTORIES|\w+_PATHSPECS|REFLOG_ACTION|FLUSH|HTTP_\w+|COLUMNS)$/u;
const harmlessNpm =
  /^npm_config_(?:loglevel|color|unicode|progress|yes|fund|audit|update_notifier|cache|offline|prefer_offline|ignore_scripts|registry|silent|json|workspaces?|if_present|strict_ssl|maxsockets|fetch_\w+|engine_strict|legacy_peer_deps|save\w*|package_lock|timing|foreground_scripts)$/iu;

/** What setting a variable to a value may do to the commands after it. A value that is not known is taken as the worst. */
export function variableRisk(name: string, value: string | null): VariableRisk {
  if (plainValues[name]?.test(value ?? "") === true) return "none";
  if (lookup.has(name) || lookupPattern.test(name)) return "lookup";
  if (commands.has(name)) return value === "" || compiler.test(value ?? "") ? "none" : "command";
  if (name.startsWith("GIT_") && !harmlessGit.test(name)) return "lookup";
  if (/^npm_config_/iu.test(name) && !harmlessNpm.test(name)) return "lookup";
  if (optionLists.has(name)) return value !== null && !loadsCode(value) ? "none" : "lookup";
  return "none";
}

/** Values with which a variable names no other file or program than without it. */
const plainValues: Readonly<Record<string, RegExp>> = {
  // The name of an environment, as applications have it; an interactive shell would read it as a file.
  ENV: /^(?:test|testing|e2e|ci|qa|dev|development|local|stage|staging|prod|production)$/u,
  SHELL: /^(?:(?:\/usr)?\/bin\/)?(?:ba|da)?sh$/u,
};

/** Where programs and libraries are looked for. Where any program may run, these lead to no other. */
export const searchPaths: ReadonlySet<string> = new Set(["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"]);

/** What to write instead of setting a variable. */
export function variableHint(name: string): string {
  return variableHints.find(([pattern]) => pattern.test(name))?.[1] ?? "leave the variable as it is";
}

const variableHints: readonly (readonly [RegExp, string])[] = [
  [/^PATH$/u, "leave the variable as it is; run a program of the project through `npx` or by its listed name"],
  [/^(?:LD|DYLD)_/u, "leave the variable as it is; link with `-Wl,-rpath,<folder>` where a library is not found"],
  [/^(?:HOME|XDG_CONFIG_HOME)$/u, "leave the variable as it is; give the program a folder by an option of its own"],
  [/^(?:NODE|BUN)_OPTIONS$/u, "write the options behind the program, as in `node --import ./x.js app.js`"],
  [/_OPTS$|OPTIONS$|FLAGS$|RUBYOPT|PERL5OPT/u, "write the options behind the program itself"],
  [/^ENV$/u, "name the environment in another variable, for instance `NODE_ENV` or `APP_ENV`"],
  [/^GIT_/u, "leave the variable out; options of `git` such as `-C <folder>` and `--no-pager` do the same"],
  [/^npm_config_/iu, "leave the variable out; the settings of the project's `.npmrc` hold"],
];

const optionLists = new Set([
  "NODE_OPTIONS",
  "BUN_OPTIONS",
  "JAVA_TOOL_OPTIONS",
  "JDK_JAVA_OPTIONS",
  "_JAVA_OPTIONS",
  "MAVEN_OPTS",
  "GRADLE_OPTS",
  "GOFLAGS",
  "RUSTFLAGS",
]);

function loadsCode(options: string): boolean {
  return /(?:^|[\s"'])(?:-r|--require|--import|--loader|--experimental-loader|-e|--eval|--inspect\S*|--env-file\S*|--?exec|--?toolexec|--?vettool|--?preload|-javaagent\S*|-agent\S*|-XX:On\S*|-XX:Flags\S*|@\S+)(?:[\s="']|$)|linker=/u.test(
    options,
  );
}
