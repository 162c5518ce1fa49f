import { access } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

/** A program that keeps toolchains below a root of its own, and puts programs on PATH that look for them there. */
interface ToolchainManager {
  /** Names the root, for it and for what it puts on PATH. */
  readonly variable: string;
  /** Below the home directory: the root where the variable is not set. */
  readonly root: string;
  /** In a directory of PATH: a sign that it is used. A directory of PATH below the root always is one. */
  readonly program?: string;
  /** All that is needed of the root to run a toolchain: no caches, no person's settings, no credentials. */
  readonly parts: readonly string[];
  /** Set where it is used, so that it tries nothing that cannot succeed on a root that is read-only. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Versions of Node by nvm, fnm or n need no row: what they put on PATH is the installation itself. */
const managers: readonly ToolchainManager[] = [
  {
    variable: "RUSTUP_HOME",
    root: ".rustup",
    program: "rustup",
    parts: ["toolchains", "settings.toml", "update-hashes"],
    environment: { RUSTUP_AUTO_INSTALL: "0" },
  },
  {
    variable: "PYENV_ROOT",
    root: ".pyenv",
    parts: ["bin", "libexec", "plugins", "pyenv.d", "shims", "version", "versions"],
  },
  {
    variable: "RBENV_ROOT",
    root: ".rbenv",
    parts: ["bin", "libexec", "plugins", "rbenv.d", "shims", "version", "versions"],
  },
  { variable: "SDKMAN_DIR", root: ".sdkman", parts: ["candidates"] },
  { variable: "VOLTA_HOME", root: ".volta", parts: ["bin", "layout.v4", "tools"] },
  {
    variable: "ASDF_DATA_DIR",
    root: ".asdf",
    parts: ["bin", "installs", "lib", "libexec", "plugins", "shims"],
  },
  { variable: "MISE_DATA_DIR", root: ".local/share/mise", parts: ["installs", "plugins", "shims"] },
];

/** Files with tokens of registries that lie in homes of toolchains: the variable, the home without it, the names. */
const credentials = [{ variable: "CARGO_HOME", root: ".cargo", names: ["credentials", "credentials.toml"] }] as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** Of a process's variables those that say where toolchains are; none of them is a secret. */
export function toolchainVariables(environment: Variables): Variables {
  const names = ["PATH", ...[...managers, ...credentials].map((place) => place.variable)];
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

/** What the managers in use show and set. Paths are those that the variables name; whether they exist is not looked at. */
export async function managedToolchains(
  environment: Variables,
  home: string,
  path: readonly string[],
): Promise<{ parts: string[]; environment: Record<string, string> }> {
  const parts: string[] = [];
  const variables: Record<string, string> = {};
  for (const manager of managers) {
    const root = rootOnPath(manager, path) ?? rootOf(manager, environment, home);
    if (!(await isUsed(manager, root, path))) continue;
    parts.push(...manager.parts.map((part) => join(root, part)));
    Object.assign(variables, { [manager.variable]: root }, manager.environment);
  }
  return { parts, environment: variables };
}

/** Files that no command may read, wherever the directory that holds them is visible. */
export function credentialFiles(environment: Variables, home: string): string[] {
  return credentials.flatMap((place) => place.names.map((name) => join(rootOf(place, environment, home), name)));
}

function rootOf(place: { variable: string; root: string }, environment: Variables, home: string): string {
  const named = environment[place.variable] ?? "";
  return isAbsolute(named) ? join(named) : join(home, place.root);
}

/** What stands on PATH looks for its toolchains where it was installed, whosever home that is. */
function rootOnPath({ root }: ToolchainManager, path: readonly string[]): string | null {
  const inside = `/${root}/`;
  const directory = path.find((each) => each.includes(inside));
  return directory === undefined ? null : directory.slice(0, directory.indexOf(inside) + inside.length - 1);
}

async function isUsed(manager: ToolchainManager, root: string, path: readonly string[]): Promise<boolean> {
  if (path.some((directory) => directory.startsWith(`${root}/`))) return true;
  if (manager.program === undefined) return false;
  for (const directory of path) {
    const isThere = await access(join(directory, manager.program)).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
