import type { ShellWord } from "./words.ts";

/** Programs that run what their arguments say, each in its own way; looked through for what is forbidden. */
export const launchers: ReadonlySet<string> = new Set([
  "npx",
  "npm",
  "pnpm",
  "pnpx",
  "yarn",
  "bunx",
  "bun",
  "uv",
  "uvx",
  "poetry",
  "pipenv",
  "pipx",
  "bundle",
  "rye",
  "hatch",
  "pdm",
  "mise",
  "asdf",
  "direnv",
  "dotenv",
  "cross-env",
  "corepack",
  "nix",
  "nix-shell",

  "watch",
  "script",
  "flock",
  "parallel",
  "strace",
  "ltrace",
  "valgrind",
  "gdb",
  "perf",
  "firejail",
  "bwrap",
  "unshare",
  "nsenter",
  "chroot",
  "fakeroot",
  "setarch",
  "linux32",
  "linux64",
  "taskset",
  "chrt",
  "prlimit",
  "cpulimit",
  "unbuffer",
  "expect",
  "rlwrap",
  "su",
  "runuser",
  "pkexec",
  "gosu",
  "setpriv",
  "capsh",
  "systemd-run",
  "dbus-run-session",
  "xvfb-run",
  "dumb-init",
  "tini",
  "busybox",
  "toybox",
  "ssh",
  "docker",
  "podman",
  "start-stop-daemon",
  "run-parts",
  "entr",
  "nodemon",
  "concurrently",
  "fd",
  "fdfind",
  "rg",

  "choom",
  "numactl",
  "eatmydata",
  "torsocks",
  "proxychains",
  "proxychains4",
  "tmux",
  "screen",
  "at",
  "batch",
  "faketime",
  "dbus-launch",
  "ip",
  "kubectl",
  "lxc",
  "dtach",
  "vagrant",

  ...words(`logsave ssh-agent gpg-agent sg chronic ifne lckdo mispipe pee run-one run-this-one run-one-constantly
    run-one-until-success setlock softlimit envdir envuidgid setuidgid chpst execlineb with-contenv catatonit runcon aa-exec
    cgexec schedtool systemd-inhibit systemd-cat lxc-execute sshpass autossh mosh pdsh clush hyperfine watchexec reflex
    dockerize tsocks fakechroot pseudo catchsegv memusage sotruss uftrace heaptrack rr caffeinate sandbox-exec xcrun dotenvx
    wait-for-it wait-for-it.sh uname26 i386 x86_64 arch`),
  ...words(`cmake pyenv rbenv nodenv goenv jenv plenv phpenv rustup volta fnm conda mamba micromamba pixi devbox opam stack cabal
    dune guix op doppler chamber aws-vault infisical heroku railway pifpaf composer`),
]);

function words(names: string): readonly string[] {
  return names.split(/\s+/u);
}

/** Launchers that take a whole command line as one argument. */
export const textLaunchers: ReadonlySet<string> = new Set([
  "watch",
  "ssh",
  "su",
  "concurrently",
  "git",
  "at",
  "batch",
  "tmux",
  "screen",
  "entr",
  "nodemon",
  "parallel",
  "nix-shell",
  ...words("hyperfine watchexec reflex autossh mosh pdsh clush sg pee mispipe"),
]);

/** Options after which a word is a command line. */
export const scriptFlags: ReadonlySet<string> = new Set(["-c", "--call", "--command", "--run", "--exec", "-x"]);

/** Package managers and their like run a command only after one of these words. */
const launchingWords: Readonly<Record<string, readonly string[]>> = {
  npm: ["exec", "x", "explore"],
  pnpm: ["exec", "dlx"],
  ip: ["exec"],
  kubectl: ["exec", "run", "debug"],
  lxc: ["exec"],
  vagrant: ["ssh"],
  yarn: ["exec", "dlx"],
  bun: ["x", "exec"],
  uv: ["run", "tool"],
  poetry: ["run"],
  pipenv: ["run"],
  pdm: ["run"],
  rye: ["run"],
  hatch: ["run"],
  pipx: ["run"],
  bundle: ["exec"],
  mise: ["exec", "x"],
  asdf: ["exec"],
  direnv: ["exec"],
  docker: ["run", "exec"],
  podman: ["run", "exec"],
  fd: ["-x", "-X", "--exec", "--exec-batch"],
  fdfind: ["-x", "-X", "--exec", "--exec-batch"],
  rg: ["--pre"],
  cmake: ["-E"],
  rustup: ["run"],
  composer: ["exec"],
  dune: ["exec"],
  guix: ["shell", "environment"],
  pixi: ["run", "exec"],
  heroku: ["run"],
  railway: ["run"],
  ...Object.fromEntries(
    words("pyenv rbenv nodenv goenv jenv plenv phpenv fnm opam stack cabal chamber aws-vault").map(executes),
  ),
  ...Object.fromEntries(words("volta conda mamba micromamba devbox op doppler infisical pifpaf dotenvx").map(runs)),
};

function executes(name: string): readonly [string, readonly string[]] {
  return [name, ["exec"]];
}

function runs(name: string): readonly [string, readonly string[]] {
  return [name, ["run"]];
}

/** The first word that may be a command which the launcher runs; past the end when it runs none. */
export function launchStart(name: string, words: readonly ShellWord[]): number {
  const launching = launchingWords[name];
  if (!launching) return 1;
  const place = words.findIndex(({ value }, index) => index > 0 && launching.includes(value?.split("=", 1)[0] ?? ""));
  if (place < 0) return words.length;
  return words[place]!.value!.includes("=") ? place : place + 1;
}
