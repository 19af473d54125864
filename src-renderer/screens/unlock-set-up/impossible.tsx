import { Button } from '../../../src-ui/parts/button.tsx';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { obstacleOf } from '../../parts/unlock/ways.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { SetUpFrame } from './set-up-frame.tsx';

/** The team allows nothing that this computer has: what stands in the way, and what to do. */
export function Impossible({ onClose }: { onClose: () => void }) {
  const { t } = useLanguage();
  const providers = useSnapshot((s) => s.unlock.providers);
  const refresh = useCommand('unlock.refresh');
  const obstacle = obstacleOf(providers);
  return (
    <SetUpFrame
      title={t.unlock.intro.title}
      text={t.unlock.intro.impossible}
      progress={null}
      onBack={onClose}
      onStop={null}
    >
      {obstacle && (
        <p>
          {t.unlock.obstacles[obstacle].why}. {t.unlock.obstacles[obstacle].todo}
        </p>
      )}
      <p>{t.unlock.intro.admin}</p>
      <div className="code-buttons">
        <Button isBusy={refresh.isBusy} onPress={() => void refresh.run(undefined)}>
          {t.unlock.settings.lookAgain}
        </Button>
        <Button onPress={onClose}>{t.unlock.lockout.later}</Button>
      </div>
    </SetUpFrame>
  );
}
