/** What was seen at one moment of the soak. */
export interface Sample {
  readonly atSeconds: number;
  /** Whether the server's memory of the newest events was full: until then it grows by design. */
  readonly isWarm: boolean;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  /** Heap and outside memory of all worker threads. */
  readonly threadsBytes: number;
  readonly descriptors: number;
  readonly handles: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly ledgerBytes: number;
  /** Of the stretch before: calls a second, and their latency. */
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Bound {
  /** Growth an hour that still counts as flat, in bytes or pieces. */
  readonly perHour: number;
  /** What is quiet enough to be shown flat must be; what is not must not be shown to grow. */
  readonly mustBeShown: boolean;
}

export const flatGrowth = {
  // After a collection: what is held.
  heapUsedBytes: { perHour: 48 * 1024 ** 2, mustBeShown: true },
  // Threads come and go with the work.
  threadsBytes: { perHour: 96 * 1024 ** 2, mustBeShown: false },
  // Of the whole process, with what its allocators have not given back.
  rssBytes: { perHour: 192 * 1024 ** 2, mustBeShown: false },
  // These come and go with idle connections.
  descriptors: { perHour: 60, mustBeShown: false },
  handles: { perHour: 60, mustBeShown: false },
} as const satisfies Readonly<Record<string, Bound>>;

export type Watched = keyof typeof flatGrowth;

/** Growth an hour, and between what it lies. */
export interface Growth {
  readonly perHour: number;
  readonly least: number;
  readonly most: number;
}

/** Slopes of shorter soaks say more of the noise than of a leak. */
export const leastJudgedSeconds = 300;
/** One-sided: a growth is below `least`, or above `most`, once in twenty soaks. */
const quantileOfNormal = 1.645;
const secondsPerHour = 3_600;
const leastSamples = 10;

/** The flat part: what comes after the first third, and after the server was warm. Empty when it never was. */
export function flatPart(samples: readonly Sample[]): readonly Sample[] {
  const warm = samples.findIndex(({ isWarm }) => isWarm);
  return warm === -1 ? [] : samples.slice(Math.max(warm, Math.floor(samples.length / 3)));
}

/**
 * The median of the slopes between all pairs of the flat part (Theil and Sen), with the interval that Kendall's
 * statistic gives for it (Sen 1968): no single sample, however far off, moves it much.
 */
export function growthOf(samples: readonly Sample[], watched: Watched): Growth {
  const flat = flatPart(samples);
  const slopes = flat.flatMap((from, index) =>
    flat.slice(index + 1).map((to) => (to[watched] - from[watched]) / (to.atSeconds - from.atSeconds)),
  );
  slopes.sort((left, right) => left - right);
  const count = flat.length;
  const spread = quantileOfNormal * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (index: number): number =>
    (slopes[Math.max(0, Math.min(slopes.length - 1, Math.round(index)))] ?? 0) * secondsPerHour;
  return {
    perHour: at((slopes.length - 1) / 2),
    least: at((slopes.length - 1 - spread) / 2),
    most: at((slopes.length - 1 + spread) / 2),
  };
}

/** What grows, and what was not shown to be flat, each as a sentence. */
export function findGrowth(samples: readonly Sample[]): string[] {
  if (flatPart(samples).length < leastSamples) {
    return ["the server was not warm for long enough to tell whether it grows: let it run longer"];
  }
  return (Object.keys(flatGrowth) as Watched[]).flatMap((watched) => {
    const { perHour: bound, mustBeShown }: Bound = flatGrowth[watched];
    const { perHour, least, most } = growthOf(samples, watched);
    const found = `by ${text(perHour)} (${text(least)} to ${text(most)}) an hour; ${text(bound)} is flat`;
    if (least > bound) return [`${watched} grows ${found}`];
    if (mustBeShown && most > bound) return [`${watched} is not shown to be flat: it grows ${found}; run longer`];
    return [];
  });
}

function text(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
