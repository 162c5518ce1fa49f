import { writeFile } from "node:fs/promises";

/** Numbers of system calls for one way to enter the kernel. */
interface Architecture {
  /** `AUDIT_ARCH_*` of linux/audit.h. */
  readonly audit: number;
  readonly socket: number;
  /** `fcntl`, and where there is one `fcntl64`. */
  readonly fileControl: readonly number[];
  /** `add_key`, `request_key`, `keyctl`, `io_uring_setup`, and where there is one the old `socketcall`. */
  readonly absent: readonly number[];
  /** Calls from here on are those of another calling convention. */
  readonly foreignFrom?: number;
}

/** The processor's own calls first, then those of its 32-bit programs. */
const architectures: Readonly<Partial<Record<NodeJS.Architecture, readonly Architecture[]>>> = {
  x64: [
    { audit: 0xc000003e, socket: 41, fileControl: [72], absent: [248, 249, 250, 425], foreignFrom: 0x40000000 },
    { audit: 0x40000003, socket: 359, fileControl: [55, 221], absent: [286, 287, 288, 425, 102] },
  ],
  arm64: [
    { audit: 0xc00000b7, socket: 198, fileControl: [25], absent: [217, 218, 219, 425] },
    { audit: 0x40000028, socket: 281, fileControl: [55, 221], absent: [309, 310, 311, 425, 102] },
  ],
};

const offsetOf = { call: 0, architecture: 4, firstArgument: 16, secondArgument: 24 };
const virtualMachineSockets = 40;
/** `F_SETLEASE` and `F_NOTIFY` of linux/fcntl.h. */
const holdsOnFiles = [1024, 1026];
const noSuchCall = 38;
const noSuchFamily = 97;
const notAllowed = 13;

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const unlessEqual = (value: number, skipped: number): Instruction => [0x15, 0, skipped, value];
const unlessAtLeast = (value: number, skipped: number): Instruction => [0x35, 0, skipped, value];
const answer = (error: number): Instruction => [0x06, 0, 0, 0x00050000 | error];
const allow: Instruction = [0x06, 0, 0, 0x7fff0000];

/**
 * A seccomp program that closes what namespaces leave open: the kernel's keyrings, which outlive a command and are
 * shared by all of one user; sockets between virtual machines, which no network namespace holds; and leases and old
 * notices on files, which whoever runs as their owner may take on what it can only read, so that all others who open them
 * wait. io_uring makes sockets past any filter and goes with them. Null where the calls of a processor are not known.
 */
export function kernelFilter(processor: NodeJS.Architecture): Buffer | null {
  const known = architectures[processor];
  if (known === undefined) return null;
  const program = [load(offsetOf.architecture), ...known.flatMap(blockOf), answer(noSuchCall)];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, whenTrue, whenFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}

/** Writes the program of this processor for bubblewrap to read; null where there is none. */
export async function writeKernelFilter(path: string): Promise<string | null> {
  const filter = kernelFilter(process.arch);
  if (filter === null) return null;
  await writeFile(path, filter, { mode: 0o400 });
  return path;
}

function blockOf({ audit, socket, fileControl, absent, foreignFrom }: Architecture): readonly Instruction[] {
  const block = [
    load(offsetOf.call),
    ...(foreignFrom === undefined ? [] : [unlessAtLeast(foreignFrom, 1), answer(noSuchCall)]),
    ...absent.flatMap((call) => [unlessEqual(call, 1), answer(noSuchCall)]),
    unlessEqual(socket, 3),
    load(offsetOf.firstArgument),
    unlessEqual(virtualMachineSockets, 1),
    answer(noSuchFamily),
    ...fileControl.flatMap((call) => {
      const commands = holdsOnFiles.flatMap((command) => [unlessEqual(command, 1), answer(notAllowed)]);
      return [
        load(offsetOf.call),
        unlessEqual(call, commands.length + 2),
        load(offsetOf.secondArgument),
        ...commands,
        allow,
      ];
    }),
    allow,
  ];
  return [unlessEqual(audit, block.length), ...block];
}
