/**
 * Names of the settings (`mail`, `tls`: each as a whole) that differ between two configurations, those of `except` left
 * out.
 */
export function changedSettings(before: object, now: object, except: readonly string[]): string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  const next = new Map<string, unknown>(Object.entries(now));
  return [...new Set([...old.keys(), ...next.keys()])].filter(
    (name) => !except.includes(name) && JSON.stringify(old.get(name)) !== JSON.stringify(next.get(name)),
  );
}
