import type { SettingsPatch } from '../../../src-shared/app-ipc.ts';
import { RadioGroup, Switch } from '../../../src-ui/parts/choices.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useLanguage } from '../../../src-ui/strings/use-strings.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { About } from './about.tsx';
import { Account } from './account.tsx';
import { languages, themes, trafficModes } from './choices.ts';
import { Devices } from './devices.tsx';
import { UnlockPanel } from './unlock-panel.tsx';

/** Every change takes effect at once; what is shown is what main says is in force. */
export function Settings() {
  const { t } = useLanguage();
  const settings = useSnapshot((s) => s.settings);
  const policy = useSnapshot((s) => s.policy);
  const { run, problem } = useCommand('settings.change');
  const change = (patch: SettingsPatch) => void run(patch);
  return (
    <div className="page">
      <h1>{t.settings.title}</h1>
      <ProblemNote problem={problem} />
      <section className="panel" aria-labelledby="settings-start">
        <h2 id="settings-start">{t.settings.start}</h2>
        <Switch
          label={t.settings.launchAtLogin}
          isOn={settings.launchAtLogin}
          onChange={(launchAtLogin) => change({ launchAtLogin })}
        />
        <Switch
          label={t.settings.connectAtLaunch}
          hint={t.settings.connectAtLaunchHint}
          isOn={settings.connectAtLaunch}
          onChange={(connectAtLaunch) => change({ connectAtLaunch })}
        />
      </section>
      <section className="panel">
        <RadioGroup
          label={t.settings.traffic}
          hint={`${t.settings.trafficHint}${settings.trafficWhileWaiting === null ? ` ${t.settings.trafficTeam}` : ''}`}
          value={settings.trafficWhileWaiting ?? policy?.trafficWhileWaiting ?? 'off'}
          options={trafficModes.map((value) => ({ value, ...t.settings.trafficModes[value] }))}
          onChange={(trafficWhileWaiting) => change({ trafficWhileWaiting })}
        />
      </section>
      <UnlockPanel />
      <section className="panel" aria-labelledby="settings-appearance">
        <h2 id="settings-appearance">{t.settings.appearance}</h2>
        <RadioGroup
          look="segments"
          label={t.settings.theme}
          value={settings.theme}
          options={themes.map((value) => ({ value, name: t.settings.themes[value] }))}
          onChange={(theme) => change({ theme })}
        />
        <RadioGroup
          look="segments"
          label={t.settings.language}
          value={settings.language}
          options={languages.map((value) => ({ value, name: t.settings.languages[value] }))}
          onChange={(language) => change({ language })}
        />
      </section>
      <Devices />
      <Account />
      <About />
    </div>
  );
}
