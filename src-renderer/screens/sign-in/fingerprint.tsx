/** A key fingerprint, broken where the groups are, never inside one. */
export function Fingerprint({ value, label }: { value: string; label: string }) {
  return (
    <dl className="fingerprint">
      <dt>{label}</dt>
      <dd className="mono">{value}</dd>
    </dl>
  );
}
