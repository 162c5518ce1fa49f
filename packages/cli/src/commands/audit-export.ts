import { resolve } from "node:path";
import type { CloudEventAnswer, EventListAnswer } from "@phasegate/wire";
import { PhasegateError } from "@phasegate/wire/core";
import { withServer } from "../client/connect.ts";
import type { HttpClient } from "../client/http-client.ts";
import type { CommandLine, ServerOptions } from "../command-line.ts";
import { CommandFailure, exitCodes } from "../failure.ts";
import { printJson } from "../output/table.ts";

export interface ExportOptions extends ServerOptions {
  readonly task?: string;
  readonly rotateSizeMb?: number;
}

const pageSize = 1_000;
const mebibyte = 1024 ** 2;

/**
 * Appends every entry of the ledger that the key may see to a file, one JSON object a line, in the order of positions,
 * with a manifest beside it. A file that is there is gone on with after its last whole line: no entry is missing or
 * twice, also when the export before was interrupted.
 */
export async function exportAudit({ io }: CommandLine, name: string, options: ExportOptions): Promise<void> {
  const { ExportWriter } = await import("@phasegate/ledger/export");
  const file = resolve(io.cwd, name);
  const writer = await refusing(() =>
    ExportWriter.open({
      file,
      ...(options.rotateSizeMb === undefined ? {} : { rotateBytes: options.rotateSizeMb * mebibyte }),
    }),
  );
  let entries = 0;
  try {
    await withServer(io, options, async (client) => {
      for await (const events of pages(client, writer.position, options.task)) {
        await refusing(() => writer.append(events));
        entries += events.length;
      }
    });
  } finally {
    await writer.close();
  }
  const { position } = writer;
  if (options.json) return printJson(io, { file, entries, position });
  io.out(`${entries} entries written to ${file}, up to position ${position}`);
}

/** What is wrong with the files is the caller's to mend, and said as such. */
async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PhasegateError)) throw error;
    throw new CommandFailure(exitCodes.refused, error.message, {
      cause: error,
      hint: error.extras.hint ?? "name another file",
    });
  }
}

async function* pages(
  client: HttpClient,
  after: number,
  taskId: string | undefined,
): AsyncGenerator<readonly CloudEventAnswer[]> {
  for (let next: number | null = after; next !== null;) {
    const page: EventListAnswer = await client.get("/events", { after: next, task_id: taskId, limit: pageSize });
    if (page.events.length > 0) yield page.events;
    next = page.next_after;
  }
}
