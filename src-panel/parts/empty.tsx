import type { ReactNode } from 'react';

/** A list without entries says what would be in it, and how to get the first. */
export function Empty({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {text && <p className="hint">{text}</p>}
      {children}
    </div>
  );
}
