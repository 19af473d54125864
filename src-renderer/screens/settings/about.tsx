import { Button } from '../../../src-ui/parts/button.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';

export function About() {
  const { w } = useWords();
  const version = useSnapshot((s) => s.app.version);
  const update = useSnapshot((s) => s.app.update);
  const isBrowser = useSnapshot((s) => s.app.host === 'browser' && !s.app.isPackaged);
  const install = useCommand('update.install');
  const quit = useCommand('app.quit');
  return (
    <section className="panel" aria-labelledby="settings-about">
      <h2 id="settings-about">{w.settings.about}</h2>
      <div className="panel-row">
        <div>
          <p>{w.settings.version(version)}</p>
          <p className="hint">{w.settings.updates[update]}</p>
          {isBrowser && <p className="hint">{w.settings.browserHost}</p>}
        </div>
        <div className="row">
          {update === 'ready' && (
            <Button isBusy={install.isBusy} onPress={() => void install.run(undefined)}>
              {w.bars.updateNow}
            </Button>
          )}
          <Button isBusy={quit.isBusy} onPress={() => void quit.run(undefined)}>
            {w.settings.quit}
          </Button>
        </div>
      </div>
    </section>
  );
}
