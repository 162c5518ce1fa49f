import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every temporary folder of a test run lies in one, which goes when the run ends. Short: sockets' paths are bounded. */
export default function setUp(): () => void {
  const home = mkdtempSync(join(tmpdir(), "pg-"));
  // Open as /tmp is: some tests start processes of another user.
  chmodSync(home, 0o1777);
  process.env["TMPDIR"] = home;
  return () => rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
