import { type Static, Type } from "typebox";
import { Text, type Step } from "./step.ts";

const closed = { additionalProperties: false } as const;
/** Each is judged by the schema of its own verb: see `step.ts`. */
const Steps = Type.Array(Type.Unsafe<Step>({}), { maxItems: 60 });

/** The two levels at which a server runs tools itself. */
export const levels = ["mediated", "sandboxed"] as const;
export type Level = (typeof levels)[number];

/** Where in the honest way a case is tried. */
export const moments = ["entered", "ready", "awaiting_approval", "ended"] as const;
export type Moment = (typeof moments)[number];

export const outcomes = ["stopped", "detected", "reported"] as const;

const place = {
  /** A folder of test/corpus/repositories. */
  kind: Type.Optional(Text),
  phase: Type.Optional(Text),
  moment: Type.Optional(Type.Enum([...moments])),
};

const tried = {
  attack: Type.Optional(Steps),
  /** `detected`: it happened, and a gate or a record shows it. `reported`: what a person is shown contains it. */
  outcome: Type.Optional(Type.Enum([...outcomes])),
  /** Paths of the workspace, or other things compared, that the attack may change; all else must be as before. */
  may_change: Type.Optional(Type.Array(Text)),
  cleanup: Type.Optional(Steps),
};

const attackDefaults = {
  ...place,
  /** A row of the list of known ways: A1 .. G8. */
  class: Type.Optional(Type.String({ pattern: "^[A-G]([1-9][0-9]?)[ab]?$" })),
  /** The least assurance at which it must hold; below it the case is not tried, and counted as beyond the level. */
  level: Type.Optional(Type.Enum([...levels])),
  outcome: tried.outcome,
};

const WrittenAttack = Type.Object(
  {
    name: Text,
    ...attackDefaults,
    setup: Type.Optional(Steps),
    ...tried,
    /** What is tried and must come of it at a lower level, where that is something else. */
    at: Type.Optional(Type.Object({ mediated: Type.Optional(Type.Object(tried, closed)) }, closed)),
    own_server: Type.Optional(Type.Boolean()),
    own_process: Type.Optional(Type.Boolean()),
  },
  closed,
);

export const AttackFile = Type.Object(
  {
    about: Text,
    /** Also tried in `phasegate demo`: in the one journey of its task, in which nothing may be left behind. */
    demo: Type.Optional(Type.Boolean()),
    defaults: Type.Optional(Type.Object(attackDefaults, closed)),
    cases: Type.Array(WrittenAttack, { minItems: 1, maxItems: 500 }),
  },
  closed,
);
export type AttackFile = Static<typeof AttackFile>;

const WrittenSequence = Type.Object(
  { name: Text, ...place, steps: Steps, own_server: Type.Optional(Type.Boolean()) },
  closed,
);

export const BenignFile = Type.Object(
  {
    about: Text,
    defaults: Type.Optional(Type.Object(place, closed)),
    cases: Type.Array(WrittenSequence, { minItems: 1, maxItems: 500 }),
  },
  closed,
);
export type BenignFile = Static<typeof BenignFile>;

/** The honest way through a repository's workflow, phase by phase. */
export const HonestFile = Type.Object(
  {
    about: Text,
    task: Type.Object({ title: Text, description: Type.Optional(Text) }, closed),
    phases: Type.Array(
      Type.Object(
        {
          phase: Text,
          /** Ends in the moment `ready`. */
          work: Type.Optional(Steps),
          /** Ends in the moment `awaiting_approval`. */
          ask: Type.Optional(Steps),
          /** Ends in the next phase or, in the last one, in the moment `ended`. */
          leave: Steps,
        },
        closed,
      ),
      { minItems: 1, maxItems: 20 },
    ),
  },
  closed,
);
export type HonestFile = Static<typeof HonestFile>;

/** `repository.yaml`: what a kind of repository is made of, and what of a machine it needs. */
export const RepositoryFile = Type.Object(
  {
    about: Text,
    /** The first whose commands all exit with 0 is taken; none: the kind is skipped. Values fill `{name}`. */
    toolchains: Type.Optional(
      Type.Array(
        Type.Object(
          {
            needs: Type.Array(Text, { minItems: 1 }),
            values: Type.Optional(Type.Record(Type.String({ pattern: "^[a-z][a-z_]*$" }), Type.String())),
          },
          closed,
        ),
        { minItems: 1 },
      ),
    ),
    /** A folder of this project, or another kind's name, whose files come first. */
    files_of: Type.Optional(Text),
    files: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** Folders of this project that commands may read, as `node_modules`. */
    readable: Type.Optional(Type.Array(Text)),
  },
  closed,
);
export type RepositoryFile = Static<typeof RepositoryFile>;

/** Where a case begins. */
export interface Place {
  readonly kind: string;
  readonly phase: string;
  readonly moment: Moment;
}

/** What is tried at one level, and what must come of it. */
export interface Attempt {
  readonly attack: readonly Step[];
  readonly outcome: (typeof outcomes)[number];
  readonly mayChange: readonly string[];
  readonly cleanup: readonly Step[];
}

/** One way round an enforcer: what is set up, what is tried, and what must come of it. */
export interface AttackCase extends Place, Attempt {
  readonly name: string;
  readonly class: string;
  readonly level: Level;
  readonly setup: readonly Step[];
  /** Null: tried as at the level above, or not at all where that is the least. */
  readonly atMediated: Attempt | null;
  readonly ownServer: boolean;
  /** That server runs in a process of its own. */
  readonly ownProcess: boolean;
  readonly inDemo: boolean;
}

/** Ordinary work: every step must be granted. */
export interface BenignCase extends Place {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly ownServer: boolean;
  readonly ownProcess: false;
}

/** What is tried of a case at a level; null: it is beyond that level. */
export function attemptAt(attack: AttackCase, level: Level): Attempt | null {
  if (level === "sandboxed") return attack;
  return attack.atMediated ?? (attack.level === "mediated" ? attack : null);
}
