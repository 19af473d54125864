import type { ReactNode } from 'react';

interface BadgeProps {
  tone: 'on' | 'busy' | 'gate' | 'stopped' | 'off';
  children: ReactNode;
}

/** A state in a word; the words say it, the colour only helps. */
export function Badge({ tone, children }: BadgeProps) {
  return (
    <span className="tag" data-tone={tone}>
      {children}
    </span>
  );
}
