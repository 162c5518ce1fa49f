/** After which `workspace.setup` ends. A registry that cannot be reached lets its clients try again for longer. */
export const setupTimeoutMs = 600_000;
