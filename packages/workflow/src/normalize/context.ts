import type { JsonValue } from "@phasegate/wire";
import type { Located } from "../reading/located.ts";
import type { Reporter } from "../reading/reporter.ts";

/** What every part of normalization looks at: one file, its parents merged in. */
export interface NormalizeContext {
  /** Path of the workflow file, as the caller names it. */
  readonly file: string;
  readonly root: Located;
  readonly reporter: Reporter;
  /** Uses keys of the older format only. */
  readonly older: boolean;
  /** Text of another file by its path in the same frame as `file`; null when there is none. */
  readonly resolve: (path: string) => string | null;
  /** Files besides the workflow that decide about it: schemas and parents. Filled while normalizing. */
  readonly filesRead: Set<string>;
  /** Schemas that were read and judged: by path for files, by node for inline ones. */
  readonly schemas: Map<string | Located, JsonValue>;
}
