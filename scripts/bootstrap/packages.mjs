import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { findProgram, packagedNode, pathOutsideModules, root } from "./paths.mjs";

/** Installs the npm packages when the lock file is not the one that was installed last. False when that failed. */
export function installPackages() {
  const lockText = readFileSync(join(root, "package-lock.json"), "utf8");
  const stampFile = join(root, "node_modules", ".phasegate-stamp");
  const stamp = createHash("sha256").update(lockText).digest("hex");
  if (existsSync(packagedNode)) {
    if (readText(stampFile) === stamp) return true;
    if (isInstalled(lockText, readText(join(root, "node_modules", ".package-lock.json")))) {
      writeFileSync(stampFile, stamp);
      return true;
    }
  }
  console.log("phasegate: installing npm packages (npm ci) ...");
  const path = pathOutsideModules();
  const npm = findProgram("npm", path);
  if (npm === null) return failed("`npm` is not on the PATH; it comes with Node");
  const installed = spawnSync(npm, ["ci", "--loglevel=error"], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (installed.status !== 0) return failed("`npm ci` failed; its message stands above");
  if (!existsSync(packagedNode)) {
    return failed(
      "the install script of the package `node` did not run; type: npm rebuild node --ignore-scripts=false",
    );
  }
  writeFileSync(stampFile, stamp);
  return true;
}

/**
 * True when npm's own record of what it installed agrees with the lock file: someone ran `npm ci` by hand.
 * Optional packages may be absent, they belong to other platforms.
 */
export function isInstalled(lockText, installedText) {
  if (installedText === null) return false;
  const wanted = JSON.parse(lockText).packages;
  const installed = JSON.parse(installedText).packages;
  const differs = ([path, entry]) => {
    const there = installed[path];
    if (there === undefined) return path.startsWith("node_modules/") && !entry.optional && !entry.devOptional;
    return there.version !== entry.version || there.integrity !== entry.integrity;
  };
  return !Object.entries(wanted).some(differs);
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

function failed(message) {
  console.error(`phasegate: ${message}`);
  return false;
}
