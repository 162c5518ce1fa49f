import { describeAppend } from "./append.ts";
import { describeAudit } from "./audit.ts";
import { describeAuthority } from "./authority.ts";
import { describeClose } from "./close.ts";
import { describeCursors } from "./cursors.ts";
import { describeIdempotency } from "./idempotency.ts";
import { describeIndex } from "./index-and-offers.ts";
import { describeJobs } from "./jobs.ts";
import { describeLeases } from "./leases.ts";
import { describeOpenWork } from "./open-work.ts";
import { describePayloads } from "./payloads.ts";
import type { OpenLedger } from "./samples.ts";
import { describeStreams } from "./streams.ts";

/** Every promise of the port as tests; each back end's test file calls this once with how to open an empty ledger. */
export function describeLedger(open: OpenLedger): void {
  describeAppend(open);
  describeStreams(open);
  describeIndex(open);
  describeLeases(open);
  describeIdempotency(open);
  describePayloads(open);
  describeJobs(open);
  describeAudit(open);
  describeAuthority(open);
  describeCursors(open);
  describeOpenWork(open);
  describeClose(open);
}

export {
  describeAppend,
  describeAudit,
  describeAuthority,
  describeClose,
  describeCursors,
  describeIdempotency,
  describeIndex,
  describeJobs,
  describeLeases,
  describeOpenWork,
  describePayloads,
  describeStreams,
  type OpenLedger,
};
