/** What was seen at one moment of the soak. */
export interface Sample {
  readonly atSeconds: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
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

/** Growth an hour that still counts as flat, in bytes or pieces. */
export const flatGrowthPerHour = {
  heapUsedBytes: 48 * 1024 ** 2,
  rssBytes: 192 * 1024 ** 2,
  descriptors: 60,
  handles: 60,
} as const;

export type Watched = keyof typeof flatGrowthPerHour;

/** Slopes of shorter soaks say more of the noise than of a leak. */
export const leastJudgedSeconds = 300;
const secondsPerHour = 3_600;

/** Growth an hour over the last two thirds of the samples: the median of the slopes between all pairs (Theil and Sen). */
export function growthPerHour(samples: readonly Sample[], watched: Watched): number {
  const last = samples.slice(Math.floor(samples.length / 3));
  const slopes = last.flatMap((from, index) =>
    last.slice(index + 1).map((to) => (to[watched] - from[watched]) / (to.atSeconds - from.atSeconds)),
  );
  slopes.sort((left, right) => left - right);
  return (slopes[Math.floor(slopes.length / 2)] ?? 0) * secondsPerHour;
}

/** What is not flat, each as a sentence. */
export function findGrowth(samples: readonly Sample[]): string[] {
  return (Object.keys(flatGrowthPerHour) as Watched[]).flatMap((watched) => {
    const growth = growthPerHour(samples, watched);
    const bound = flatGrowthPerHour[watched];
    if (growth <= bound) return [];
    return [`${watched} grows by ${Math.round(growth).toLocaleString("en-US")} an hour, more than ${bound}`];
  });
}
