/** The few figures of a sample that are reported. */

/** @returns NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [upper = Number.NaN, lower = Number.NaN] = [sorted[half], sorted[half - 1]];
  return sorted.length % 2 === 1 ? upper : (lower + upper) / 2;
}

/** Observations by the upper edge of their bucket, each with all below it, as Prometheus counts them. */
export type Buckets = ReadonlyMap<number, number>;

/** @returns what was observed after `before`. */
export function bucketsSince(after: Buckets, before: Buckets): Buckets {
  return new Map([...after].map(([le, count]) => [le, count - (before.get(le) ?? 0)]));
}

/** As `histogram_quantile` of Prometheus: linear within a bucket, and the last finite edge for what is beyond it. NaN when empty. */
export function quantile(buckets: Buckets, q: number): number {
  const all = buckets.get(Infinity) ?? 0;
  if (all === 0) return Number.NaN;
  let [lower, below] = [0, 0];
  for (const [le, count] of sorted(buckets)) {
    if (count >= q * all && count > below) {
      return le === Infinity ? lower : lower + ((le - lower) * (q * all - below)) / (count - below);
    }
    [lower, below] = [le, count];
  }
  return lower;
}

/** @returns the edge below which all of them are; Infinity: no edge is. */
export function edgeOfAll(buckets: Buckets): number {
  const all = buckets.get(Infinity) ?? 0;
  return sorted(buckets).find(([, count]) => count >= all)?.[0] ?? Infinity;
}

function sorted(buckets: Buckets): readonly (readonly [number, number])[] {
  return [...buckets].toSorted(([a], [b]) => a - b);
}
