// What the installed hook of a host runs: `phasegate hook HOST` without the rest of the command line.
import { accessSync, constants, statSync } from "node:fs";
import nodeModule from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bindings: { type: "string" },
    within: { type: "string" },
    "session-folder": { type: "string" },
  },
});
if (values.bindings !== undefined) cacheCode(values.bindings);
const { runHook } = await import("../src/hosts/run-hook.ts");
await runHook({
  host: positionals[0] ?? "",
  bindingsFolder: values.bindings,
  within: values.within,
  sessionFolder: values["session-folder"],
});

/**
 * Halves the time to start. Who can write the cache can make the hook say anything: it is kept only where this user alone
 * writes it, and could change the hook itself as well.
 */
function cacheCode(bindings) {
  try {
    accessSync(import.meta.filename, constants.W_OK);
    const { uid, mode } = statSync(bindings);
    if (uid === process.getuid() && (mode & 0o022) === 0) nodeModule.enableCompileCache(join(bindings, "compiled"));
  } catch {
    // Slower, and the same answer.
  }
}
