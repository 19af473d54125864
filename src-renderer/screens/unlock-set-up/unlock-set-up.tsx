import { useState } from 'react';
import { type PinWeakness, pinWeakness } from '../../../src-shared/pin-rules.ts';
import type { LevelAnswer } from '../../../src-shared/unlock.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import type { CodeFailure } from '../../../src-ui/parts/entry/failure-text.ts';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useDropOnLock } from '../../../src-ui/store/use-lock.ts';
import type { Told } from '../../../src-ui/strings/problem-text.ts';
import { systemWay } from '../../parts/unlock/ways.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import type { SetUpGoal } from '../../store/view-store.ts';
import { useWords } from '../../strings/use-words.ts';
import { ChoosePin } from './choose-pin.tsx';
import { Confirm } from './confirm.tsx';
import { Impossible } from './impossible.tsx';
import { SetUpDone } from './set-up-done.tsx';
import { SetUpFrame } from './set-up-frame.tsx';
import { type SetUpStep, stepsOf } from './steps.ts';
import { TryPin } from './try-pin.tsx';
import { useRoom } from './use-room.ts';

/** The guided set-up: a PIN chosen, confirmed and tried, then biometrics if this computer has them. */
export function UnlockSetUp({ goal, onClose }: { goal: SetUpGoal; onClose: () => void }) {
  const { t, w } = useWords();
  const words = w.unlock.setup;
  const system = systemWay(
    useSnapshot((s) => s.app.platform),
    w,
  );
  const hadPin = useSnapshot((s) => s.unlock.enrolled?.pin === true);
  const room = useRoom(goal);
  // The way through is fixed at its start: what gets set up on the way does not shorten it.
  const [steps] = useState(() => stepsOf(goal, room));
  const [isChange] = useState(hadPin);
  const [step, setStep] = useState<SetUpStep | undefined>(steps[0]);
  const [pin, setPin] = useState('');
  const [weakness, setWeakness] = useState<PinWeakness | null>(null);
  const [note, setNote] = useState<Told | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [isOn, setOn] = useState({ pin: false, biometrics: false });

  function goTo(next: SetUpStep | undefined): void {
    setNote(null);
    if (next === undefined) onClose();
    else setStep(next);
  }
  const after = (current: SetUpStep) => goTo(steps[steps.indexOf(current) + 1]);
  useDropOnLock(() => {
    setPin('');
    if (step === 'confirm') goTo('choose');
  });

  if (step === undefined) return <Impossible onClose={onClose} />;

  async function sendPin(proof: LevelAnswer): Promise<CodeFailure | null> {
    const answer = await window.postern.invoke('unlock.set-pin', { pin, proof });
    if (answer.ok) {
      setPin('');
      setOn((was) => ({ ...was, pin: true }));
      after('confirm');
      return null;
    }
    if (answer.problem.code !== 'pin-too-weak') return answer.problem;
    setWeakness(pinWeakness(pin) ?? 'common');
    setPin('');
    goTo('choose');
    return null;
  }
  async function turnOn(proof: LevelAnswer): Promise<CodeFailure | null> {
    const answer = await window.postern.invoke('unlock.turn-on-biometrics', { proof });
    if (!answer.ok) return answer.problem;
    setOn((was) => ({ ...was, biometrics: true }));
    after('biometrics');
    return null;
  }
  async function confirmByHardware(): Promise<void> {
    setAsking(true);
    const failure = await sendPin({ method: 'uv-hw' });
    setAsking(false);
    if (failure) setNote(failure);
  }
  /** A question of the system may be open: it goes with whoever leaves. */
  function takeBack(): void {
    void window.postern.invoke('connection.cancel-prompt', undefined);
  }

  const counted = steps.filter((each) => each !== 'done');
  const progress =
    step === 'done' || counted.length < 2 ? null : { step: steps.indexOf(step) + 1, of: counted.length };
  switch (step) {
    case 'choose':
      return (
        <SetUpFrame
          title={isChange ? words.chooseAgainTitle : words.chooseTitle}
          text={words.chooseText}
          progress={progress}
          onBack={onClose}
          onStop={null}
        >
          <ProblemNote problem={note} />
          <ChoosePin
            refusal={weakness}
            onBack={onClose}
            onChosen={(chosen) => {
              setWeakness(null);
              setPin(chosen);
              goTo('confirm');
            }}
          />
        </SetUpFrame>
      );
    case 'confirm': {
      const back = () => {
        takeBack();
        setPin('');
        goTo('choose');
      };
      return (
        <SetUpFrame
          title={words.codeTitle}
          text={words.codeText}
          progress={progress}
          onBack={back}
          onStop={onClose}
        >
          <ProblemNote problem={note} />
          {isAsking && (
            <div className="code-buttons">
              <Button look="primary" isBusy>
                {system.waiting}
              </Button>
              <Button onPress={takeBack}>{t.common.cancel}</Button>
            </div>
          )}
          <Confirm
            submitLabel={words.setPin}
            cancelLabel={t.common.back}
            checkingText={w.unlock.pin.checking}
            otherWays={
              room.canConfirmByHardware
                ? [
                    {
                      key: 'uv-hw',
                      name: system.name,
                      hint: system.accepts,
                      choose: () => void confirmByHardware(),
                    },
                  ]
                : []
            }
            onCancel={back}
            onSubmit={sendPin}
          />
        </SetUpFrame>
      );
    }
    case 'try':
      return (
        <SetUpFrame
          title={words.tryTitle}
          text={words.tryText}
          progress={progress}
          onBack={() => after('try')}
          onStop={null}
        >
          <TryPin
            onWorks={() => after('try')}
            onSkip={() => after('try')}
            onRemoved={() => {
              setOn((was) => ({ ...was, pin: false }));
              goTo('choose');
              setNote({ code: 'pin-removed', detail: '' });
            }}
          />
        </SetUpFrame>
      );
    case 'biometrics': {
      const leave = () => {
        takeBack();
        if (isOn.pin) after('biometrics');
        else onClose();
      };
      return (
        <SetUpFrame
          title={system.offer}
          text={isOn.pin ? words.biometricsText : words.biometricsAlone}
          progress={progress}
          onBack={leave}
          onStop={null}
        >
          <Confirm
            submitLabel={words.turnOn}
            cancelLabel={isOn.pin ? words.notNow : t.common.cancel}
            checkingText={words.turningOn}
            onCancel={leave}
            onSubmit={turnOn}
          />
        </SetUpFrame>
      );
    }
    case 'done':
      return (
        <SetUpFrame
          title={words.doneTitle}
          text={words.doneText}
          progress={null}
          onBack={onClose}
          onStop={null}
        >
          <SetUpDone
            ways={[...(isOn.pin ? [w.unlock.pin.name] : []), ...(isOn.biometrics ? [system.name] : [])]}
            onClose={onClose}
          />
        </SetUpFrame>
      );
  }
}
