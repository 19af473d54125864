import { useState } from 'react';
import { useLanguage } from '../strings/use-strings.ts';
import { Button } from './button.tsx';

interface ConfirmButtonProps {
  label: string;
  /** Names what it acts on, where several look alike. */
  accessibleName?: string;
  question: string;
  isBusy: boolean;
  onConfirm: () => void;
}

/** Asks once more before something is gone. The same button answers, so focus stays where it is. */
export function ConfirmButton({ label, accessibleName, question, isBusy, onConfirm }: ConfirmButtonProps) {
  const { t } = useLanguage();
  const [isAsking, setAsking] = useState(false);
  return (
    <div className="confirm" data-asking={isAsking || undefined}>
      <p className="confirm-question" role="status">
        {isAsking ? question : ''}
      </p>
      <div className="row">
        <Button
          look={isAsking ? 'danger' : 'secondary'}
          isBusy={isBusy}
          {...(accessibleName ? { accessibleName } : {})}
          onPress={() => {
            if (isAsking) onConfirm();
            setAsking(!isAsking);
          }}
        >
          {label}
        </Button>
        {isAsking && (
          <Button look="quiet" onPress={() => setAsking(false)}>
            {t.common.cancel}
          </Button>
        )}
      </div>
    </div>
  );
}
