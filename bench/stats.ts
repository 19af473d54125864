/** One row of the result, in the form that every peer's benchmark writes. Times in milliseconds. */
export interface Row {
  peer: 'postern';
  variant: string;
  metric: string;
  unit: string;
  n: number;
  min: number;
  median: number;
  p95: number;
  max: number;
}

export interface Sample {
  variant: string;
  metric: string;
  unit: string;
  value: number;
}

/** Collects samples by variant and metric, in the order in which they first appear. */
export class Samples {
  readonly #values = new Map<string, { variant: string; metric: string; unit: string; values: number[] }>();

  add(variant: string, metric: string, value: number, unit = 'ms'): void {
    const key = `${variant}\n${metric}`;
    const entry = this.#values.get(key) ?? { variant, metric, unit, values: [] };
    entry.values.push(value);
    this.#values.set(key, entry);
  }

  /** Each sample by itself, for `addAll` of another process. */
  all(): Sample[] {
    return [...this.#values.values()].flatMap(({ values, ...what }) =>
      values.map((value) => ({ ...what, value })),
    );
  }

  addAll(samples: readonly Sample[]): void {
    for (const { variant, metric, value, unit } of samples) this.add(variant, metric, value, unit);
  }

  rows(): Row[] {
    return [...this.#values.values()].map(({ variant, metric, unit, values }) => ({
      peer: 'postern',
      variant,
      metric,
      unit,
      ...summary(values),
    }));
  }
}

/** Minimum, median, 95th percentile (nearest rank) and maximum of at least one value. */
export function summary(values: number[]): {
  n: number;
  min: number;
  median: number;
  p95: number;
  max: number;
} {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const n = sorted.length;
  const median = n % 2 ? at((n - 1) / 2) : (at(n / 2 - 1) + at(n / 2)) / 2;
  return { n, min: at(0), median, p95: at(Math.max(0, Math.ceil(0.95 * n) - 1)), max: at(n - 1) };
}
