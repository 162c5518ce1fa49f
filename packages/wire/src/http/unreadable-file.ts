import { Type } from "typebox";

/** A changed file with code that a difference does not show in a readable form. */
export const UnreadableFile = Type.Object({
  path: Type.String(),
  size: Type.Integer({ minimum: 0 }),
  /** In words: `WebAssembly`, `Python bytecode`. */
  kind: Type.String(),
});
