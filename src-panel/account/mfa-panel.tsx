import { useId, useState } from 'react';
import type { AccountAnswer } from '../../src-shared/panel/account.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { turnOffMfa } from '../api/account-calls.ts';
import { Badge } from '../parts/badge.tsx';
import { PasswordDialog } from '../parts/password-dialog.tsx';
import { useFlow } from '../store/flow-store.ts';
import { useWords } from '../strings/use-words.ts';
import { whyText } from './why-text.ts';

interface MfaPanelProps {
  account: AccountAnswer;
  onDone: (note: string) => void;
}

/** The second factor: its state in a word, and what may be done with it; what may not, with the reason beside it. */
export function MfaPanel({ account, onDone }: MfaPanelProps) {
  const { w, locale, language } = useWords();
  const { t } = useLanguage();
  const id = useId();
  const [isTurningOff, setTurningOff] = useState(false);
  const { factor, may, isMfaRequired } = account;
  const begin = useFlow((store) => store.begin);
  const setUp = () =>
    begin({
      name: 'authenticator',
      isReplacing: factor !== null,
      needsPassword: may.replaceFactor.needsPassword,
    });
  const since =
    factor && new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(factor.createdAt));
  const state = factor === null ? 'off' : factor.isDisabled ? 'disabled' : 'on';
  const looks = {
    off: { tone: 'gate', badge: w.security.mfaOff, text: w.security.mfaOffText },
    disabled: { tone: 'stopped', badge: w.security.mfaDisabled, text: w.security.mfaDisabledText },
    on: { tone: 'on', badge: w.security.mfaOn, text: w.security.mfaOnText(since ?? '') },
  } as const;
  const { tone, badge, text } = looks[state];
  const words = { t, language };
  const reasons = [
    whyText(account, 'replaceFactor', words),
    factor === null ? '' : whyText(account, 'turnOffMfa', words),
  ].filter(Boolean);
  return (
    <section className="panel account-panel" aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <h2 id={`${id}-title`}>{w.security.mfa}</h2>
        <Badge tone={tone}>{badge}</Badge>
      </div>
      <p>
        {text} {isMfaRequired && state === 'off' && w.security.required}
      </p>
      <div className="row">
        <Button
          look={factor === null ? 'primary' : 'secondary'}
          isDisabled={!may.replaceFactor.isAllowed}
          describedBy={`${id}-why`}
          onPress={setUp}
        >
          {factor === null ? w.security.turnOn : w.security.replace}
        </Button>
        {factor !== null && (
          <Button
            isDisabled={!may.turnOffMfa.isAllowed}
            describedBy={`${id}-why`}
            onPress={() => setTurningOff(true)}
          >
            {w.security.turnOff}
          </Button>
        )}
      </div>
      <p className="hint" id={`${id}-why`}>
        {[...new Set(reasons)].join(' ')}
      </p>
      {isTurningOff && (
        <PasswordDialog
          title={w.security.turnOffTitle}
          text={w.security.turnOffText}
          confirmLabel={w.security.turnOff}
          onConfirm={turnOffMfa}
          onCancel={() => setTurningOff(false)}
          onDone={() => {
            setTurningOff(false);
            onDone(w.security.turnedOff);
          }}
        />
      )}
    </section>
  );
}
