import type { ReactNode } from 'react';

/** Line icons of the Control Panel on a 24 unit grid, beside those of the app; always beside words. */
export function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const ShieldIcon = () => (
  <Icon>
    <path d="M12 3.5 5 6v5.5c0 4.2 2.8 7.4 7 9 4.2-1.6 7-4.8 7-9V6Z" />
    <path d="m9 12 2.2 2.2L15.2 10" />
  </Icon>
);
export const LaptopIcon = () => (
  <Icon>
    <rect x="5" y="5" width="14" height="10" rx="1.5" />
    <path d="M2.5 18.5h19" />
  </Icon>
);
export const AppearanceIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 3.5v17a8.5 8.5 0 0 0 0-17Z" fill="currentcolor" />
  </Icon>
);
