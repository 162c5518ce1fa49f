import { expect, test } from "vitest";
import { bubblewrapArguments, type VisibleHost } from "./bubblewrap-arguments.ts";
import { defaultLimits } from "./limits.ts";
import type { SandboxCommand } from "./sandbox.ts";

const host: VisibleHost = {
  mounts: [{ source: "/usr" }],
  links: [{ path: "/bin", target: "usr/bin" }],
  path: "/usr/bin",
  environment: {},
  devices: [{ source: "/data/devices/null", target: "/dev/null" }],
};
const command: SandboxCommand = {
  argv: ["bash", "-c", "true"],
  workspacePath: "/data/ws/1",
  on: "workspace",
  cwd: "packages/a",
  environment: { CI: "1" },
  readOnlyMounts: [{ source: "/data/mirror/objects" }],
  network: "none",
  timeoutMs: 1000,
  limits: defaultLimits,
  signal: new AbortController().signal,
};

const joined = (changes: Partial<SandboxCommand> = {}): string =>
  bubblewrapArguments({ ...command, ...changes }, host, { workspace: "/data/ws/1", marker: "m1" }).join(" ");

test("every confinement flag is given, before anything else", () => {
  expect(joined()).toMatch(
    /^--unshare-all --unshare-user --uid 1000 --gid 1000 --cap-drop ALL --disable-userns --new-session --die-with-parent --as-pid-1 --clearenv /,
  );
});

test("the network is shared only when the command may have it", () => {
  expect(joined()).not.toContain("--share-net");
  expect(joined({ network: "full" })).toContain("--share-net");
});

test("with a proxy the network stays private, and its socket is all that comes in", () => {
  const args = joined({ network: { proxy: "/data/egress/proxy" } });
  expect(args).not.toContain("--share-net");
  expect(args).toContain("--ro-bind /data/egress/proxy /run/phasegate/proxy");
  expect(args).toMatch(/ \/run\/phasegate\/forwarder\.ts \/run\/phasegate\/proxy bash -c true$/);
});

test("only listed mounts are visible, and all but the workspace are read-only", () => {
  const args = bubblewrapArguments(command, host, { workspace: "/data/ws/1", marker: "m1" });
  const mounts = args.flatMap((flag, index) =>
    flag === "--bind" || flag === "--ro-bind" ? [`${flag} ${String(args[index + 1])} ${String(args[index + 2])}`] : [],
  );
  expect(mounts).toEqual([
    "--ro-bind /usr /usr",
    "--ro-bind /data/mirror/objects /data/mirror/objects",
    "--bind /data/ws/1 /workspace",
  ]);
});

test("the root, the devices and the kernel's settings become read-only after everything is mounted", () => {
  expect(joined()).toContain(
    "--bind /data/ws/1 /workspace --remount-ro /dev --remount-ro /proc --remount-ro / --chdir",
  );
});

test("the command begins in its directory below the workspace with the variables it was given", () => {
  expect(joined()).toContain("--chdir /workspace/packages/a --setenv PATH /usr/bin --setenv HOME /tmp/home");
  expect(joined()).toContain("--setenv CI 1 --setenv PHASEGATE_RUN m1 --");
});

test("where the server's user owns the host's device nodes, commands get others in their place", () => {
  expect(joined()).toContain("--dev /dev --dev-bind /data/devices/null /dev/null ");
});

test("a workflow cannot take away the name by which the processes of a command are found", () => {
  expect(joined({ environment: { PHASEGATE_RUN: "other" } })).toContain("--setenv PHASEGATE_RUN m1 --");
  expect(joined({ environment: { PHASEGATE_RUN: "other" } })).not.toContain("other");
});
