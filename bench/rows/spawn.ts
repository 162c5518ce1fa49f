import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

const program = new URL("../spawn-figures.ts", import.meta.url).pathname;
/** Of the large server, as far as one round goes and as far as it is measured. */
const tried = 100;
const measured = 450;
const callsInSecond = 10;

type Figures = Readonly<Record<"heldMs" | "callMs", Readonly<Record<"spawner" | "itself", number>>>>;

/** Starting git through the spawner process against starting it from the server itself, small and large. */
export async function measureSpawns(effort: Effort): Promise<Row[]> {
  const large = effort.rounds > 1 ? measured : tried;
  const rows: Row[] = [];
  for (const megabytes of [0, large]) {
    const name = megabytes === 0 ? "a small server" : `a server of ${megabytes} MB`;
    const rounds: Figures[] = [];
    for (let round = 0; round < effort.rounds; round += 1) {
      const { stdout } = await promisify(execFile)(process.execPath, [
        program,
        String(megabytes),
        String(effort.seconds * callsInSecond),
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
