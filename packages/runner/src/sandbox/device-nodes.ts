import { chmod, chown, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Spawner } from "../spawner/spawner.ts";

/** Name, major and minor number (linux Documentation/admin-guide/devices.txt). */
const nodes = [
  ["null", 1, 3],
  ["zero", 1, 5],
  ["full", 1, 7],
  ["random", 1, 8],
  ["urandom", 1, 9],
  ["tty", 5, 0],
] as const;
/** Nobody: a user that no command is mapped to, so that none owns the nodes. */
const nobody = 65_534;

/** A device node that commands see in place of the host's. */
export interface DeviceNode {
  readonly source: string;
  readonly target: string;
}

/**
 * Device nodes that commands may use and cannot change. As root the caller owns the nodes of the host's /dev, and
 * with them their modes and times; commands therefore get nodes of their own, which belong to nobody. An ordinary
 * user owns no node of the host and needs none: empty. Empty too where the nodes cannot be made; the probe says so.
 */
export async function makeDeviceNodes(spawner: Spawner, directory: string): Promise<DeviceNode[]> {
  if (process.getuid?.() !== 0) return [];
  try {
    await mkdir(directory, { mode: 0o711 });
    const made: DeviceNode[] = [];
    for (const [name, major, minor] of nodes) {
      const source = join(directory, name);
      await spawner.run(["mknod", "-m", "666", source, "c", String(major), String(minor)]);
      await chown(source, nobody, nobody);
      // The mask of the process may have taken bits away.
      await chmod(source, 0o666);
      made.push({ source, target: `/dev/${name}` });
    }
    // A file system without devices makes nodes that cannot be opened.
    await (await open(join(directory, "null"), "r+")).close();
    // A descriptor leads to the node that it was opened at, whatever is mounted over it inside.
    spawner.useNullDevice(join(directory, "null"));
    return made;
  } catch {
    return [];
  }
}
