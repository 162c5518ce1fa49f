import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every temporary folder of a test run lies in one, which goes when the run ends. Short: sockets' paths are bounded. */
export default function setUp(): () => void {
  const home = mkdtempSync(join(tmpdir(), "pg-"));
  // Open as /tmp is: some tests start processes of another user.
  chmodSync(home, 0o1777);
  process.env["TMPDIR"] = home;
  // What a thread or a process has made of a source, the next takes from there: a server starts a hundred times.
  process.env["NODE_COMPILE_CACHE"] ??= join(home, "compile-cache");
  return () => rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
