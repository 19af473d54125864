import { Button } from '../../../src-ui/parts/button.tsx';
import { ConfirmButton } from '../../../src-ui/parts/confirm-button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { openSetUp } from '../../store/view-store.ts';
import { useWords } from '../../strings/use-words.ts';

/** Set, change, remove. */
export function PinRow({ isSet }: { isSet: boolean }) {
  const { w } = useWords();
  const words = w.unlock.settings;
  const isAllowed = useSnapshot((s) => s.policy?.unlockMethods.includes('pin') ?? true);
  const remove = useCommand('unlock.remove-pin');
  return (
    <div className="unlock-row">
      <div className="panel-row">
        <p>
          <strong>{w.unlock.pin.name}</strong>
          <span className="hint">
            {isSet ? words.isSet : isAllowed ? words.isNotSet : w.unlock.why['not-allowed']}
          </span>
        </p>
        <div className="row">
          {isAllowed && <Button onPress={() => openSetUp('pin')}>{isSet ? words.change : words.set}</Button>}
          {isSet && (
            <ConfirmButton
              label={words.remove}
              accessibleName={`${words.remove}: ${w.unlock.pin.name}`}
              question={words.removePinConfirm}
              isBusy={remove.isBusy}
              onConfirm={() => void remove.run(undefined)}
            />
          )}
        </div>
      </div>
      <ProblemNote problem={remove.problem} />
    </div>
  );
}
