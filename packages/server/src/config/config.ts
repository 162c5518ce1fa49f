import type { Static } from "typebox";
import type { ConfigSchema } from "./schema.ts";

type Parsed = Static<typeof ConfigSchema>;
type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value;

/**
 * The settings that the server runs with: defaults, then `phasegate.yaml`, then environment, then overrides.
 * `storage.data_dir` is absolute and lies in no repository.
 */
export type Config = Frozen<Omit<Parsed, "storage">> & {
  readonly storage: Frozen<Omit<Parsed["storage"], "data_dir">> & { readonly data_dir: string };
};
