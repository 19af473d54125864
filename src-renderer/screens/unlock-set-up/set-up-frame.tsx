import type { ReactNode } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Door } from '../../../src-ui/parts/door.tsx';
import { useWords } from '../../strings/use-words.ts';

interface SetUpFrameProps {
  title: string;
  text: string;
  /** Where in the whole this is; null outside of the steps. */
  progress: { step: number; of: number } | null;
  /** Esc. */
  onBack: () => void;
  /** Leaves the whole set-up; null where a button of the step does that already. */
  onStop: (() => void) | null;
  children: ReactNode;
}

/** One step of the set-up: where it stands, what it is for, and a way out. */
export function SetUpFrame({ title, text, progress, onBack, onStop, children }: SetUpFrameProps) {
  const { w } = useWords();
  return (
    <div
      className="set-up-frame"
      role="none"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        onBack();
      }}
    >
      <Door title={title} text={text}>
        <div className="stack">
          {children}
          {(progress || onStop) && (
            <div className="set-up-foot">
              <p className="hint">{progress ? w.unlock.setup.step(progress.step, progress.of) : ''}</p>
              {onStop && (
                <Button look="quiet" onPress={onStop}>
                  {w.unlock.setup.stop}
                </Button>
              )}
            </div>
          )}
        </div>
      </Door>
    </div>
  );
}
