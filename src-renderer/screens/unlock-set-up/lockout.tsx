import { Button } from '../../../src-ui/parts/button.tsx';
import { useWords } from '../../strings/use-words.ts';
import { SetUpFrame } from './set-up-frame.tsx';

interface OfferProps {
  onSetUp: () => void;
  onLater: () => void;
}

/** After the fifth wrong PIN: what happened, what still works, and the way on. */
export function Lockout({ onSetUp, onLater }: OfferProps) {
  const { w } = useWords();
  const words = w.unlock.lockout;
  return (
    <SetUpFrame title={words.title} text={words.what} progress={null} onBack={onLater} onStop={null}>
      <section className="lockout" aria-labelledby="lockout-still">
        <h2 id="lockout-still">{words.stillTitle}</h2>
        <ul>
          {words.still.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </section>
      <div className="code-buttons" data-look="long">
        <Button look="primary" onPress={onSetUp}>
          {words.useCode}
        </Button>
        <Button onPress={onLater}>{words.later}</Button>
      </div>
      <p className="hint">{words.admin}</p>
    </SetUpFrame>
  );
}

/** The team asks for what this device does not have yet. */
export function Intro({ onSetUp, onLater }: OfferProps) {
  const { w } = useWords();
  const words = w.unlock.intro;
  return (
    <SetUpFrame title={words.title} text={words.text} progress={null} onBack={onLater} onStop={null}>
      <div className="code-buttons">
        <Button look="primary" onPress={onSetUp}>
          {words.start}
        </Button>
        <Button onPress={onLater}>{w.unlock.lockout.later}</Button>
      </div>
    </SetUpFrame>
  );
}
