import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

const program = new URL("../spawn-figures.ts", import.meta.url).pathname;
const sizes = [
  { name: "a small server", megabytes: 0 },
  { name: "a server of 450 MB", megabytes: 450 },
] as const;
const callsInRound = 40;

type Figures = Readonly<Record<"heldMs" | "callMs", Readonly<Record<"spawner" | "itself", number>>>>;

/** Starting git through the spawner process against starting it from the server itself, small and large. */
export async function measureSpawns(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, megabytes } of sizes) {
    const rounds: Figures[] = [];
    for (let round = 0; round < effort.rounds; round += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, [
        program,
        String(megabytes),
        String(callsInRound),
      ]);
      rounds.push(JSON.parse(stdout) as Figures);
    }
    const row = (what: string, figure: keyof Figures, ratio: number): Row => {
      const named = { what, yardstick: "from the server itself", unit: "ms", target: { kind: "most", ratio } } as const;
      return rowOf(
        named,
        rounds.map((figures) => ({ product: figures[figure].spawner, reference: figures[figure].itself })),
      );
    };
    rows.push(row(`event loop held by a git call: ${name}`, "heldMs", 0.5));
    rows.push(row(`the whole git call: ${name}`, "callMs", 1.1));
  }
  return rows;
}
