/** The name of the counter that keeps a reader's position. */
export function cursorCounter(reader: string): string {
  return `cursor ${reader}`;
}
