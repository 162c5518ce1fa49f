/**
 * The part of the vocabulary that needs no schemas: ids, errors, canonical JSON, hashes. For what must start fast
 * (worker threads, the hook command); everything here is also exported by the package itself.
 */
export { PhasegateError } from "./errors/problem.ts";
export { systemFault } from "./errors/system-fault.ts";
export { hashEvent, isEvent } from "./events/envelope.ts";
export { parseDigest, parseId } from "./ids.ts";
export { canonicalJson, digestBytes, digestJson } from "./json.ts";
export { compareTreePaths, digestTree } from "./tree.ts";
export { replaceUnprintable } from "./unprintable.ts";
