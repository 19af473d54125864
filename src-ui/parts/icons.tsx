import type { ReactNode } from 'react';

/** Line icons on a 24 unit grid, drawn for Postern; always beside words, so hidden from screen readers. */
function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const HomeIcon = () => (
  <Icon>
    <path d="M6.5 20v-9a5.5 5.5 0 0 1 11 0v9M3.5 20h17" />
  </Icon>
);
export const ActivityIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7v5.2l3.4 2" />
  </Icon>
);
export const SettingsIcon = () => (
  <Icon>
    <path d="M4 7.5h9m5 0h2M4 16.5h2m5 0h9" />
    <circle cx="15.5" cy="7.5" r="2.5" />
    <circle cx="8.5" cy="16.5" r="2.5" />
  </Icon>
);
export const HelpIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M9.6 9.6a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.9-1.1 1.7M12 16.4v.1" />
  </Icon>
);
export const DownIcon = () => (
  <Icon>
    <path d="M12 5v13m-5-5 5 5 5-5" />
  </Icon>
);
export const UpIcon = () => (
  <Icon>
    <path d="M12 19V6m-5 5 5-5 5 5" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon>
    <path d="M12 4 2.8 19.5h18.4ZM12 10v4.5m0 2.4v.1" />
  </Icon>
);
export const InfoIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5m0-8.4v.1" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m6.5 6.5 11 11m0-11-11 11" />
  </Icon>
);
export const ServerIcon = () => (
  <Icon>
    <rect x="4" y="4.5" width="16" height="6.5" rx="2" />
    <rect x="4" y="13" width="16" height="6.5" rx="2" />
    <path d="M7.5 7.75h.1m-.1 8.5h.1" />
  </Icon>
);
