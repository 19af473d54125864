import { Button } from '../../../src-ui/parts/button.tsx';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';

export function About() {
  const { t } = useLanguage();
  const version = useSnapshot((s) => s.app.version);
  const update = useSnapshot((s) => s.app.update);
  const isBrowser = useSnapshot((s) => s.app.host === 'browser' && !s.app.isPackaged);
  const install = useCommand('update.install');
  const quit = useCommand('app.quit');
  return (
    <section className="panel" aria-labelledby="settings-about">
      <h2 id="settings-about">{t.settings.about}</h2>
      <div className="panel-row">
        <div>
          <p>{t.settings.version(version)}</p>
          <p className="hint">{t.settings.updates[update]}</p>
          {isBrowser && <p className="hint">{t.settings.browserHost}</p>}
        </div>
        <div className="row">
          {update === 'ready' && (
            <Button isBusy={install.isBusy} onPress={() => void install.run(undefined)}>
              {t.bars.updateNow}
            </Button>
          )}
          <Button isBusy={quit.isBusy} onPress={() => void quit.run(undefined)}>
            {t.settings.quit}
          </Button>
        </div>
      </div>
    </section>
  );
}
