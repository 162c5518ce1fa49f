import { styleText } from "node:util";
import type { Io } from "../io.ts";

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Styled text where the terminal shows colour, else the text itself. */
export function styled(io: Io, style: Style, text: string): string {
  return io.useColour ? styleText(style, text, { validateStream: false }) : text;
}
