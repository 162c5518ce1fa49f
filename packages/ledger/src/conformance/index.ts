import { describeAppend } from "./append.ts";
import type { OpenLedger } from "./samples.ts";
import { describeStreams } from "./streams.ts";

/** Every promise of the port as tests; each back end's test file calls this once. */
export function describeLedger(open: OpenLedger): void {
  describeAppend(open);
  describeStreams(open);
}

export { describeAppend, describeStreams, type OpenLedger };
