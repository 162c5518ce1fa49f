/** What one call may do on a thread that workspaces share; what is larger goes to a thread for large ones. */
export const sharedBounds = { entries: 5_000, readBytes: 64 * 1024 ** 2 } as const;

/** Thrown in a shared thread: the call is begun again on another one. */
export class TooLargeToShare extends Error {}
