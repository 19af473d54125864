const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** 1536 → "1.5 kB": decimal units, three digits at most, in the words of `locale`. */
export function bytesText(bytes: number, locale: string): string {
  let value = Math.max(0, bytes);
  let index = 0;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[index],
    unitDisplay: index === 0 ? 'narrow' : 'short',
    maximumFractionDigits: index === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}

/** Bytes per second → "1.5 kB/s". */
export function rateText(bytesPerSecond: number, locale: string): string {
  return `${bytesText(bytesPerSecond, locale)}/s`;
}
