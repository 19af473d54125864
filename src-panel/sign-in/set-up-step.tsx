import { useEffect, useState } from 'react';
import type { NewFactorAnswer } from '../../src-shared/panel/session.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import { beginSetUp, confirmSetUp } from '../api/session-calls.ts';
import { Authenticator } from '../parts/authenticator.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { useAction } from '../store/use-action.ts';
import { useWords } from '../strings/use-words.ts';

interface SetUpStepProps {
  setupToken: string;
  onCodes: (codes: readonly string[]) => void;
  onCancel: () => void;
}

/** Who has no second factor where the team requires one is led through its set-up, and signs in again after it. */
export function SetUpStep({ setupToken, onCodes, onCancel }: SetUpStepProps) {
  const { w } = useWords();
  const { t } = useLanguage();
  const { run, isBusy, problem } = useAction(beginSetUp);
  const [factor, setFactor] = useState<NewFactorAnswer | null>(null);

  async function begin(): Promise<void> {
    const answer = await run(setupToken);
    if (answer.ok) setFactor(answer.value);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the step appears
  useEffect(() => {
    const timer = setTimeout(() => void begin());
    return () => clearTimeout(timer);
  }, []);

  return (
    <StepFrame title={w.signIn.setUpTitle} text={w.signIn.setUpText} isWide>
      {factor === null ? (
        <div className="stack set-up-waiting">
          <p role="status" className="hint">
            {isBusy ? w.authenticator.waiting : ''}
          </p>
          <ProblemNote problem={problem} />
          {problem && (
            <div className="row">
              <Button look="primary" onPress={() => void begin()}>
                {w.common.retry}
              </Button>
              <Button onPress={onCancel}>{t.credentials.startOver}</Button>
            </div>
          )}
        </div>
      ) : (
        <Authenticator
          factor={factor}
          cancelLabel={t.credentials.startOver}
          onCancel={onCancel}
          onConfirm={(code) => confirmSetUp({ setupToken, factorId: factor.factorId, code })}
          onDone={onCodes}
        />
      )}
    </StepFrame>
  );
}
