import type { ReactNode } from 'react';

/** Names and their values, side by side where there is room. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="facts-list">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="hint">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
