import type { ReactNode } from 'react';

/** In the manner of the app's icons: 24 unit grid, always beside words. */
function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const OverviewIcon = () => (
  <Icon>
    <path d="M4 20h16M6.5 20v-6m5.5 6V5m5.5 15v-9" />
  </Icon>
);
export const MembersIcon = () => (
  <Icon>
    <circle cx="9.5" cy="8.5" r="3.5" />
    <path d="M3 19.5c.4-3.4 3-5.2 6.5-5.2s6.1 1.8 6.5 5.2M15.5 5.3a3.5 3.5 0 0 1 0 6.4M18 14.9c1.8.8 2.8 2.4 3 4.6" />
  </Icon>
);
export const PolicyIcon = () => (
  <Icon>
    <path d="M12 3.5 5 6v5.5c0 4.3 2.8 7.5 7 9 4.2-1.5 7-4.7 7-9V6ZM9 12l2.2 2.2L15.2 10" />
  </Icon>
);
export const TokenIcon = () => (
  <Icon>
    <circle cx="8" cy="15.5" r="4" />
    <path d="m11 12.7 8.5-8.2m-3.2 3.1 2.4 2.5M13.5 10.3l1.6 1.7" />
  </Icon>
);
export const AuditIcon = () => (
  <Icon>
    <path d="M8.5 6.5h11m-11 5.5h11m-11 5.5h11M4.5 6.5h.1m-.1 5.5h.1m-.1 5.5h.1" />
  </Icon>
);
export const ApiIcon = () => (
  <Icon>
    <path d="m8 7.5-4.5 4.5L8 16.5m8-9 4.5 4.5-4.5 4.5M13.5 5l-3 14" />
  </Icon>
);
