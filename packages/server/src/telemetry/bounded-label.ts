import { maxLabelValues } from "./metric-table.ts";

export const otherValue = "other";

/** Values of a label that come from files: the first so many stand for themselves, those after them are `other`. */
export class BoundedLabel {
  readonly #values = new Set<string>();

  of(value: string): string {
    if (this.#values.has(value)) return value;
    if (this.#values.size >= maxLabelValues) return otherValue;
    this.#values.add(value);
    return value;
  }
}
