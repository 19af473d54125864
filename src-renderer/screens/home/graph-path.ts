export interface GraphBox {
  width: number;
  height: number;
  /** How many samples fill the width. */
  capacity: number;
}

/** The top of the graph: a round number above every sample, at least 1 kB/s so that keep-alives stay flat. */
export function graphCeiling(values: readonly number[]): number {
  const highest = Math.max(1000, ...values);
  const magnitude = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((factor) => highest <= factor * magnitude) ?? 10;
  return step * magnitude;
}

/** Samples (oldest first, the newest at the right edge) → the `d` of a line; '' for fewer than two. */
export function graphLine(values: readonly number[], ceiling: number, box: GraphBox): string {
  if (values.length < 2) return '';
  const shown = values.slice(-box.capacity);
  const step = box.width / (box.capacity - 1);
  const start = box.width - (shown.length - 1) * step;
  return shown
    .map((value, index) => {
      const x = start + index * step;
      const y = box.height - (Math.min(Math.max(value, 0), ceiling) / ceiling) * box.height;
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** The same line closed along the foot of the box, for filling. */
export function graphArea(values: readonly number[], ceiling: number, box: GraphBox): string {
  const line = graphLine(values, ceiling, box);
  if (line === '') return '';
  const shown = Math.min(values.length, box.capacity);
  const start = box.width - (shown - 1) * (box.width / (box.capacity - 1));
  return `${line}L${box.width.toFixed(1)} ${box.height}L${start.toFixed(1)} ${box.height}Z`;
}
