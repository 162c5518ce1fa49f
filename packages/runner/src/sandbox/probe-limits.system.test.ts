import { expect, test } from "vitest";
import type { SandboxOptions } from "./sandbox.ts";
import { openSandboxFixture } from "./sandboxes.fixture.ts";

const names = ["process_limit", "memory_limit", "time_limit", "output_limit", "file_limit"];

test.each<SandboxOptions["mode"]>(["required", "off"])(
  "each bound on commands is tried and holds at %s",
  async (mode) => {
    const fixture = await openSandboxFixture({ mode, probesAllLimits: true });
    const tried = fixture.sandbox.probes.filter(({ name }) => names.includes(name));
    await fixture.close();
    expect(tried.map(({ name, held, detail }) => ({ name, held, detail }))).toEqual(
      names.map((name) => ({ name, held: true, detail: "bounded" })),
    );
  },
);
