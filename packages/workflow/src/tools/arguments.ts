import { Type } from "typebox";

/** Longest path that any tool takes, in characters; PATH_MAX of Linux. */
const maxPathLength = 4096;
/** Longest text that a file tool takes, in characters. */
export const maxContentLength = 8_388_608;
/** Longest command line, in characters. The command policy refuses longer ones too. */
export const maxCommandLength = 65_536;
export const maxTimeoutSeconds = 3600;

/** A path as an agent writes it; the runner normalises it. */
export const Path = Type.String({
  minLength: 1,
  maxLength: maxPathLength,
  description: "relative to the workspace, or absolute and inside it",
});

export const OptionalPath = Type.Optional(
  Type.Unsafe<string | null>({
    type: ["string", "null"],
    minLength: 1,
    maxLength: maxPathLength,
    description: "relative to the workspace, or absolute and inside it; default: the workspace",
  }),
);

/** An integer that may be left out; null means absent. */
export function optionalInteger(bounds: { minimum: number; maximum: number; description: string }) {
  return Type.Optional(Type.Unsafe<number | null>({ type: ["integer", "null"], ...bounds }));
}

/** One of the given words, or left out; null means absent. */
export function optionalWord<const Word extends string>(words: readonly Word[], description: string) {
  return Type.Optional(Type.Unsafe<Word | null>({ enum: [...words, null], description }));
}

export function optionalFlag(description: string) {
  return Type.Optional(Type.Unsafe<boolean | null>({ type: ["boolean", "null"], description }));
}

/** The member as a list of one path, or of none when it is no string. */
export function pathOf(args: Readonly<Record<string, unknown>>): readonly string[] {
  return typeof args["path"] === "string" ? [args["path"]] : [];
}

export const noPaths = (): readonly string[] => [];
