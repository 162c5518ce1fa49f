import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kernelFilter } from "./kernel-filter.ts";
import { openSandboxFixture, type SandboxFixture } from "./sandboxes.fixture.ts";

/** `add_key`, `keyctl` and `fcntl` by their numbers here, as no module of perl names them all. */
const [addKey, keyctl, fcntl] = process.arch === "arm64" ? [217, 219, 25] : [248, 250, 72];
const noSuchCall = "38";
const attempts: readonly [rule: string, script: string, error: string][] = [
  [
    "adds no key to a keyring of its user",
    `syscall(${addKey}, my $type = "user", my $name = "left", my $text = "text", 4, -4)`,
    noSuchCall,
  ],
  ["finds no keyring", `syscall(${keyctl}, 0, -4, 1)`, noSuchCall],
  ["makes no io_uring", `syscall(425, 1, my $parameters = "0" x 120)`, noSuchCall],
  [
    "takes no lease on what it can only read",
    `open(my $f, "<", "/usr/bin/perl") && syscall(${fcntl}, fileno($f), 1024, 0)`,
    "13",
  ],
  ["asks for no notices of a folder", `open(my $f, "<", "/usr") && syscall(${fcntl}, fileno($f), 1026, 1)`, "13"],
  ["makes no socket between virtual machines", `socket(my $s, 40, 1, 0) ? 0 : -1`, "97"],
];

describe("a command in the sandbox", () => {
  let fixture: SandboxFixture;
  beforeAll(async () => {
    fixture = await openSandboxFixture();
  });
  afterAll(() => fixture.close());

  test.each(attempts)("%s", async (_, script, error) => {
    const { stdout } = await fixture.sh(`perl -e 'my $got = ${script}; print $got, " ", $! + 0'`);
    expect(stdout.text).toBe(`-1 ${error}`);
  });

  test("asks other things of an open file", async () => {
    const { stdout } = await fixture.sh(`perl -e 'print syscall(${fcntl}, 1, 1030, 9)'`);
    expect(stdout.text).toBe("9");
  });

  test("makes other sockets, and holds no descriptor of the filter", async () => {
    const socket = "perl -e 'socket(my $s, 1, 1, 0) and print qq(made )'";
    const { stdout } = await fixture.sh(`${socket}; [ -e /proc/$$/fd/4 ] && echo open || echo closed`);
    expect(stdout.text).toBe("made closed\n");
  });

  test("is reported as filtered", () => {
    expect(fixture.sandbox.probes).toContainEqual(expect.objectContaining({ name: "kernel_filter", held: true }));
  });
});

test("a processor whose calls are not known has no filter", () => {
  expect(kernelFilter("mips")).toBeNull();
});
