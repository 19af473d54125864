/** Height of the drawing in its own units; a bucket is one unit wide. */
export const CHART_HEIGHT = 40;
const GAP = 0.24;

/**
 * Counts → one SVG path of bars standing on the ground, the highest of them as high as the drawing. A count above
 * nothing is never thinner than a line, so that a single disconnect beside a thousand is still seen.
 */
export function barsPath(counts: readonly number[]): string {
  const highest = Math.max(1, ...counts);
  return counts
    .map((count, index) => {
      if (count <= 0) return '';
      const height = Math.max(1.5, (count / highest) * CHART_HEIGHT);
      const x = round(index + GAP / 2);
      return `M${x} ${CHART_HEIGHT}v${-round(height)}h${round(1 - GAP)}v${round(height)}z`;
    })
    .join('');
}

/** Buckets whose beginnings are written below the chart: the first, one in the middle, the last. */
export function ticks(count: number): number[] {
  if (count < 3) return Array.from({ length: count }, (_, index) => index);
  return [0, Math.floor((count - 1) / 2), count - 1];
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
