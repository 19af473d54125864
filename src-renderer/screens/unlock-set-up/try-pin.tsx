import { useEffect, useId, useRef } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { waitAfter } from '../../../src-ui/parts/entry/entry.ts';
import { EntryForm, EntryMessages } from '../../../src-ui/parts/entry/entry-form.tsx';
import type { CodeFailure } from '../../../src-ui/parts/entry/failure-text.ts';
import { useEntry, useEntryFocus } from '../../../src-ui/parts/entry/use-entry.ts';
import { SecretField } from '../../../src-ui/parts/secret-field.tsx';
import { blameOf, proofFailureSentences } from '../../parts/unlock/unlock-failure.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';

interface TryPinProps {
  onWorks: () => void;
  onSkip: () => void;
  /** The fifth wrong one: there is no PIN any more. */
  onRemoved: () => void;
}

const pinAlone = ['unlock'] as const;
const blame = (failure: CodeFailure) => blameOf(failure, true, false);

/** The new PIN once more, checked by the server as at the gate; wrong ones count. */
export function TryPin({ onWorks, onSkip, onRemoved }: TryPinProps) {
  const { t, w } = useWords();
  const id = useId();
  const serverName = useSnapshot((s) => s.account?.serverName ?? '');
  const { typed, refusal, lack, isBusy, wait, ...entry } = useEntry({
    parts: pinAlone,
    fields: pinAlone,
    firstMethod: 'totp',
    earlier: null,
    isChecking: false,
    waitUntil: ({ refusal }) => waitAfter(refusal),
  });
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEntryFocus(entry.focusOn, () => field.current?.focus());

  async function check(): Promise<CodeFailure | null> {
    const answer = await window.postern.invoke('unlock.check', {
      answer: { method: 'pin', pin: typed.unlock },
    });
    if (answer.ok) onWorks();
    else if (answer.problem.code === 'pin-removed') onRemoved();
    return answer.ok ? null : answer.problem;
  }

  const sentences = refusal
    ? proofFailureSentences(
        refusal.failure,
        { codeMethod: 'totp', blamed: refusal.blamed, serverName },
        { t, w },
      )
    : [];
  const alerts = lack === null ? sentences : [w.unlock.pin.empty];
  return (
    <EntryForm onSubmit={() => entry.submit({ deliver: check, blame, empties: pinAlone })}>
      <SecretField
        ref={field}
        label={w.unlock.pin.label}
        showLabel={w.unlock.pin.show}
        hideLabel={w.unlock.pin.hide}
        autoComplete="off"
        value={typed.unlock}
        isReadOnly={isBusy}
        isBusy={isBusy}
        isInvalid={alerts.length > 0}
        describedBy={`${id}-alert`}
        onChange={(text) => entry.tell({ kind: 'typed', part: 'unlock', text })}
      />
      <EntryMessages
        alertId={`${id}-alert`}
        alerts={alerts}
        wait={wait}
        nextCode={entry.nextCode}
        spoken={isBusy ? w.unlock.pin.checking : entry.told}
      />
      <div className="code-buttons">
        <Button type="submit" look="primary" isBusy={isBusy} isDisabled={wait.isWaiting}>
          {w.unlock.setup.tryIt}
        </Button>
        <Button onPress={onSkip}>{w.unlock.setup.skip}</Button>
      </div>
    </EntryForm>
  );
}
