import type { ReactNode } from 'react';
import { useLanguage } from '../strings/use-strings.ts';
import { CloseIcon, InfoIcon, WarningIcon } from './icons.tsx';

interface BarProps {
  look: 'info' | 'warning';
  children: ReactNode;
  action?: ReactNode;
  onDismiss?: () => void;
}

/** One line across the screen for what is true until it is not. */
export function Bar({ look, children, action, onDismiss }: BarProps) {
  const { t } = useLanguage();
  return (
    <div className={`bar bar-${look}`}>
      {look === 'warning' ? <WarningIcon /> : <InfoIcon />}
      <p>{children}</p>
      {action}
      {onDismiss && (
        <button type="button" className="icon-button" aria-label={t.common.dismiss} onClick={onDismiss}>
          <CloseIcon />
        </button>
      )}
    </div>
  );
}
