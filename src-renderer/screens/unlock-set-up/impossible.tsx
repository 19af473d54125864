import { Button } from '../../../src-ui/parts/button.tsx';
import { obstacleOf } from '../../parts/unlock/ways.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { SetUpFrame } from './set-up-frame.tsx';

/** The team allows nothing that this computer has: what stands in the way, and what to do. */
export function Impossible({ onClose }: { onClose: () => void }) {
  const { w } = useWords();
  const providers = useSnapshot((s) => s.unlock.providers);
  const refresh = useCommand('unlock.refresh');
  const obstacle = obstacleOf(providers);
  return (
    <SetUpFrame
      title={w.unlock.intro.title}
      text={w.unlock.intro.impossible}
      progress={null}
      onBack={onClose}
      onStop={null}
    >
      {obstacle && (
        <p>
          {w.unlock.obstacles[obstacle].why}. {w.unlock.obstacles[obstacle].todo}
        </p>
      )}
      <p>{w.unlock.intro.admin}</p>
      <div className="code-buttons">
        <Button isBusy={refresh.isBusy} onPress={() => void refresh.run(undefined)}>
          {w.unlock.settings.lookAgain}
        </Button>
        <Button onPress={onClose}>{w.unlock.lockout.later}</Button>
      </div>
    </SetUpFrame>
  );
}
