import type { Row } from './stats.ts';

const figure = (value: number): string =>
  value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(1) : value.toFixed(0);

/** Prints the rows for people, grouped by variant. */
export function printTable(rows: Row[], rttMs: number): void {
  console.log(
    `Round trip between the ends: ${rttMs} ms. Two cores share client, server, gateway and probes.`,
  );
  let variant = '';
  for (const row of rows) {
    if (row.variant !== variant) {
      variant = row.variant;
      console.log(
        `\n${variant.padEnd(64)}${['n', 'min', 'median', 'p95', 'max'].map((head) => head.padStart(9)).join('')}`,
      );
    }
    const cells = [String(row.n), ...[row.min, row.median, row.p95, row.max].map(figure)];
    console.log(
      `  ${`${row.metric} (${row.unit})`.padEnd(62)}${cells.map((cell) => cell.padStart(9)).join('')}`,
    );
  }
}
