import { useEffect, useRef, useState } from 'react';
import { PIN_MIN_LENGTH, type PinWeakness, pinText, pinWeakness } from '../../../src-shared/pin-rules.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { SecretField } from '../../../src-ui/parts/secret-field.tsx';
import { useDropOnLock } from '../../../src-ui/store/use-lock.ts';
import { useWords } from '../../strings/use-words.ts';

interface ChoosePinProps {
  /** The server's word on the PIN that was chosen before. */
  refusal: PinWeakness | null;
  onChosen: (pin: string) => void;
  onBack: () => void;
}

/** A new PIN, twice. Whether it is any good is said while it is typed. */
export function ChoosePin({ refusal, onChosen, onBack }: ChoosePinProps) {
  const { t, w } = useWords();
  const words = w.unlock.pin;
  const [pin, setPin] = useState('');
  const [repeat, setRepeat] = useState('');
  const [wrong, setWrong] = useState<{ field: 'pin' | 'repeat'; text: string } | null>(
    refusal && { field: 'pin', text: words.weak[refusal] },
  );
  const pinField = useRef<HTMLInputElement>(null);
  const repeatField = useRef<HTMLInputElement>(null);
  useEffect(() => pinField.current?.focus(), []);
  useDropOnLock(() => {
    setPin('');
    setRepeat('');
  });

  const weakness = pinWeakness(pin);
  // Somebody who is still typing does not need to hear that it is too short.
  const isEarly = pinText(pin).length < PIN_MIN_LENGTH;
  const verdict = isEarly ? w.unlock.setup.newPinHint : weakness ? words.weak[weakness] : words.fine;

  function submit(): void {
    const field = weakness ? 'pin' : pinText(pin) === pinText(repeat) ? null : 'repeat';
    if (field === null) {
      onChosen(pin);
      return;
    }
    if (field === 'repeat') setRepeat('');
    setWrong({ field, text: weakness ? words.weak[weakness] : words.differs });
    (field === 'pin' ? pinField : repeatField).current?.focus();
  }

  const common = { showLabel: words.show, hideLabel: words.hide, autoComplete: 'off' };
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="new-pin" data-verdict={isEarly ? 'early' : weakness ? 'weak' : 'fine'}>
        <SecretField
          {...common}
          ref={pinField}
          label={w.unlock.setup.newPin}
          value={pin}
          error={wrong?.field === 'pin' ? wrong.text : null}
          describedBy="pin-verdict"
          onChange={(next) => {
            setPin(next);
            setWrong(null);
          }}
        />
        <p className="pin-verdict" id="pin-verdict" role="status">
          {wrong?.field === 'pin' ? '' : verdict}
        </p>
      </div>
      <SecretField
        {...common}
        ref={repeatField}
        label={w.unlock.setup.repeat}
        value={repeat}
        error={wrong?.field === 'repeat' ? wrong.text : null}
        onChange={(next) => {
          setRepeat(next);
          setWrong(null);
        }}
      />
      <div className="code-buttons">
        <Button type="submit" look="primary">
          {w.unlock.setup.next}
        </Button>
        <Button onPress={onBack}>{t.common.cancel}</Button>
      </div>
    </form>
  );
}
