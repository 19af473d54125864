import { type ReactNode, useEffect, useRef } from 'react';
import { BrandMark } from './arch.tsx';

interface DoorProps {
  title: string;
  text?: string;
  children: ReactNode;
  /** Wider, for what has a picture or a list beside it. */
  isWide?: boolean;
}

/** The frame of everything before Home: one card, one heading, one step at a time. */
export function Door({ title, text, children, isWide = false }: DoorProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Each step is read from its heading, unless a field of the step has taken focus already.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the title stands for the step
  useEffect(() => {
    const isTaken = heading.current?.closest('main')?.contains(document.activeElement);
    if (!isTaken) heading.current?.focus();
  }, [title]);
  return (
    <main className="door">
      <div className="door-card" data-wide={isWide || undefined}>
        <BrandMark />
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {text && <p className="door-text">{text}</p>}
        {children}
      </div>
    </main>
  );
}
