import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ReportContext } from "./report-format.ts";

/** Where a run was, as far as its paths need it. */
export type Places = Pick<ReportContext, "workspace" | "cwd" | "isFile">;

/** A file as a test runner wrote it, relative to the checkout; null when it lies outside. */
export function reportedPath(written: string, context: Places): string | null {
  const plain = written.startsWith("file://") ? pathOfUrl(written) : written;
  if (plain === null || plain === "" || plain.includes("\0")) return null;
  if (path.posix.isAbsolute(plain)) return within(path.posix.relative(context.workspace, plain));
  const fromDirectory = within(path.posix.join(context.cwd, plain));
  if (fromDirectory !== null && context.isFile(fromDirectory)) return fromDirectory;
  const fromCheckout = within(path.posix.normalize(plain));
  return fromCheckout !== null && context.isFile(fromCheckout) ? fromCheckout : fromDirectory;
}

/** The file of a dotted Python name (`tests.test_a.TestMath`): that of its longest prefix which is one. */
export function pythonFile(dotted: string, context: Places): string | null {
  const parts = dotted.split(".");
  for (let length = parts.length; length > 0; length -= 1) {
    const stem = parts.slice(0, length).join("/");
    for (const candidate of [`${stem}.py`, `${stem}/__init__.py`]) {
      const found = reportedPath(candidate, context);
      if (found !== null && context.isFile(found)) return found;
    }
  }
  return null;
}

/** The text file of a doctest of pytest, whose `classname` is its path with dots (`tests.test_doc.txt`) and ends in its name. */
export function doctestFile(classname: string, name: string, context: Places): string | null {
  if (!name.includes(".") || name.includes("/") || !classname.endsWith(`.${name}`)) return null;
  const folder = classname.slice(0, classname.length - name.length).replaceAll(".", "/");
  const found = reportedPath(folder + name, context);
  return found !== null && context.isFile(found) ? found : null;
}

function within(relative: string): string | null {
  return relative === "" || relative === ".." || relative.startsWith("../") ? null : relative;
}

function pathOfUrl(url: string): string | null {
  try {
    return fileURLToPath(url);
  } catch {
    return null;
  }
}
