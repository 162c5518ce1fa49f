/** Programs of the system that Phasegate uses, and what is lost without each. */
export const systemTools = [
  { program: "git", package: "git", required: true, without: "nothing works: each task's workspace is a git clone" },
  {
    program: "bwrap",
    package: "bubblewrap",
    required: false,
    linuxOnly: true,
    without: "no OS sandbox: the assurance level is `mediated`, and workflows that ask for `sandboxed` do not run",
  },
  { program: "rg", package: "ripgrep", required: false, without: "no `grep` tool for agents" },
];

/** How each package manager is told to install; the first that is there is used. */
const packageManagers = [
  { program: "apt-get", update: ["update", "-qq"], install: ["install", "-y", "--no-install-recommends"] },
  { program: "dnf", install: ["install", "-y"] },
  { program: "pacman", install: ["-S", "--needed", "--noconfirm"] },
  { program: "zypper", install: ["--non-interactive", "install"] },
  { program: "apk", install: ["add"] },
  { program: "brew", install: ["install"], withoutRoot: true },
];

/**
 * Says what to do about missing tools: `nothing`, `install` (unattended), `ask` (a person sits there) or `print`.
 * Unattended only with apt-get, as root or where `CI` is set; `commands` are what is run, `typed` is the one line to type.
 */
export function planInstall({ platform, isRoot, ci, interactive, has }) {
  const missing = systemTools.filter((tool) => !(tool.linuxOnly && platform !== "linux") && !has(tool.program));
  if (missing.length === 0) return { action: "nothing", missing, commands: [], typed: null };
  const manager = packageManagers.find((candidate) => has(candidate.program));
  if (manager === undefined) return { action: "print", missing, commands: [], typed: null };
  const packages = missing.map((tool) => tool.package);
  const steps = [...(manager.update ? [manager.update] : []), [...manager.install, ...packages]];
  const asRoot = isRoot || manager.withoutRoot === true;
  const typed = steps.map((step) => [...(asRoot ? [] : ["sudo"]), manager.program, ...step].join(" ")).join(" && ");
  const withSudo = (flags) =>
    steps.map((step) => (asRoot ? [manager.program, ...step] : ["sudo", ...flags, manager.program, ...step]));
  const unattended = manager.program === "apt-get" && (isRoot || (ci && has("sudo")));
  if (unattended) return { action: "install", missing, commands: withSudo(["-n"]), typed };
  if (interactive && (asRoot || has("sudo"))) return { action: "ask", missing, commands: withSudo([]), typed };
  return { action: "print", missing, commands: [], typed };
}
