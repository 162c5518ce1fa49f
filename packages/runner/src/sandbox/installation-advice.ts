import { readFile } from "node:fs/promises";

const appArmorProfile = [
  "abi <abi/4.0>,",
  "include <tunables/global>",
  "profile bwrap /usr/bin/bwrap flags=(unconfined) {",
  "  userns,",
  "  include if exists <local/bwrap>",
  "}",
].join("\n");

/** What to type where bubblewrap is missing. */
export const installBubblewrap =
  "bubblewrap is not installed: type `sudo apt-get install bubblewrap` (or dnf, pacman, apk add bubblewrap)";

/** Why bubblewrap could not make its namespaces on this machine, and what to type, as far as the kernel tells. */
export async function adviceForNamespaces(said: string): Promise<string> {
  if ((await setting("kernel/apparmor_restrict_unprivileged_userns")) === "1") {
    return (
      "AppArmor lets no ordinary program create user namespaces here. As root, write this to " +
      `/etc/apparmor.d/bwrap and type \`apparmor_parser -r /etc/apparmor.d/bwrap\`:\n${appArmorProfile}`
    );
  }
  if ((await setting("kernel/unprivileged_userns_clone")) === "0") {
    return "user namespaces are switched off: type `sudo sysctl -w kernel.unprivileged_userns_clone=1`";
  }
  if ((await setting("user/max_user_namespaces")) === "0") {
    return "user namespaces are switched off: type `sudo sysctl -w user.max_user_namespaces=15000`";
  }
  return (
    `bubblewrap could not start: ${said}. In a container, allow user namespaces and mounts ` +
    "(Docker: `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`)"
  );
}

async function setting(name: string): Promise<string | null> {
  return await readFile(`/proc/sys/${name}`, "utf8").then(
    (text) => text.trim(),
    () => null,
  );
}
