import { useId, useState } from 'react';
import { type AccountAnswer, FEW_BACKUP_CODES } from '../../src-shared/panel/account.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { WarningIcon } from '../../src-ui/parts/icons.tsx';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { regenerateBackupCodes } from '../api/account-calls.ts';
import { Badge } from '../parts/badge.tsx';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { useFlow } from '../store/flow-store.ts';
import { useWords } from '../strings/use-words.ts';
import { whyText } from './why-text.ts';

/** How many backup codes are left, a warning when they are few, and ten new ones where the sign-in allows it. */
export function BackupPanel({ account }: { account: AccountAnswer }) {
  const { w, language } = useWords();
  const { t } = useLanguage();
  const id = useId();
  const [isAsking, setAsking] = useState(false);
  const begin = useFlow((store) => store.begin);
  const { backupCodesLeft: left } = account;
  const { isAllowed } = account.may.regenerateBackupCodes;
  const isFew = left <= FEW_BACKUP_CODES;
  return (
    <section className="panel account-panel" aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <h2 id={`${id}-title`}>{w.security.backup}</h2>
        <Badge tone={isFew ? 'gate' : 'off'}>{w.security.backupLeft(left)}</Badge>
      </div>
      <p>{w.security.backupText}</p>
      {isFew && (
        <p className="warning-line">
          <WarningIcon />
          {w.security.backupFew(left)}
        </p>
      )}
      <div className="row">
        <Button isDisabled={!isAllowed} describedBy={`${id}-why`} onPress={() => setAsking(true)}>
          {w.security.regenerate}
        </Button>
      </div>
      <p className="hint" id={`${id}-why`}>
        {whyText(account, 'regenerateBackupCodes', { t, language })}
      </p>
      {isAsking && (
        <ConfirmDialog
          title={w.security.regenerateTitle}
          text={w.security.regenerateText}
          confirmLabel={w.security.regenerate}
          look="primary"
          onConfirm={regenerateBackupCodes}
          onCancel={() => setAsking(false)}
          onDone={({ backupCodes }) =>
            begin({ name: 'codes', codes: backupCodes, note: w.authenticator.regeneratedNote })
          }
        />
      )}
    </section>
  );
}
