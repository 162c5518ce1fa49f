import { expect, test } from "vitest";
import { requireKnownLedger } from "./open-ledger.ts";

test.each([null, "memory:"])("the ledger `%s` can be opened", (url) => {
  expect(() => requireKnownLedger(url)).not.toThrow();
});

test.each(["postgres://u:s3cret@db/x", "sqlite:x", "memory", "MEMORY:"])(
  "nothing is put in the place of `%s`",
  (url) => {
    expect(() => requireKnownLedger(url)).toThrow("`storage.url` names a back end that this version does not have");
    expect(() => requireKnownLedger(url)).not.toThrow("s3cret");
  },
);
