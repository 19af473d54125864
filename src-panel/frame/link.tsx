import type { MouseEvent, ReactNode } from 'react';
import { navigate } from '../store/location-store.ts';

interface LinkProps {
  to: string;
  children: ReactNode;
  className?: string;
  isCurrent?: boolean;
  onFollow?: () => void;
}

/** A real link; a plain click stays in the page, and opening it in another tab works as everywhere. */
export function Link({ to, children, className = 'link', isCurrent = false, onFollow }: LinkProps) {
  function follow(event: MouseEvent): void {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
    onFollow?.();
  }
  return (
    <a href={to} className={className} aria-current={isCurrent ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}
