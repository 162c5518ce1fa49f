import type { DemoListener } from "../../packages/cli/src/demo/run-demo.ts";

/** For runs whose report is all that is looked at. */
export const silentListener: DemoListener = {
  started: () => undefined,
  phase: () => undefined,
  tried: () => undefined,
  did: () => undefined,
  ended: () => Promise.resolve(),
};
