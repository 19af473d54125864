import type { SettingsPatch } from '../../../src-shared/app-ipc.ts';
import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import { RadioGroup, Switch } from '../../../src-ui/parts/choices.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { About } from './about.tsx';
import { Account } from './account.tsx';
import { Devices } from './devices.tsx';
import { TrafficPanel } from './traffic-panel.tsx';
import { UnlockPanel } from './unlock-panel.tsx';

type SettingsView = AppSnapshot['settings'];

/** The order on screen; the values are the contract's. */
const themes = ['system', 'light', 'dark'] as const satisfies readonly SettingsView['theme'][];
const languages = ['system', 'en', 'de'] as const satisfies readonly SettingsView['language'][];

/** Every change takes effect at once; what is shown is what main says is in force. */
export function Settings() {
  const { w } = useWords();
  const settings = useSnapshot((s) => s.settings);
  const { run, problem } = useCommand('settings.change');
  const change = (patch: SettingsPatch) => void run(patch);
  return (
    <div className="page">
      <h1>{w.settings.title}</h1>
      <ProblemNote problem={problem} />
      <section className="panel" aria-labelledby="settings-start">
        <h2 id="settings-start">{w.settings.start}</h2>
        <Switch
          label={w.settings.launchAtLogin}
          isOn={settings.launchAtLogin}
          onChange={(launchAtLogin) => change({ launchAtLogin })}
        />
        <Switch
          label={w.settings.connectAtLaunch}
          hint={w.settings.connectAtLaunchHint}
          isOn={settings.connectAtLaunch}
          onChange={(connectAtLaunch) => change({ connectAtLaunch })}
        />
      </section>
      <TrafficPanel />
      <UnlockPanel />
      <section className="panel" aria-labelledby="settings-appearance">
        <h2 id="settings-appearance">{w.settings.appearance}</h2>
        <RadioGroup
          look="segments"
          label={w.settings.theme}
          value={settings.theme}
          options={themes.map((value) => ({ value, name: w.settings.themes[value] }))}
          onChange={(theme) => change({ theme })}
        />
        <RadioGroup
          look="segments"
          label={w.settings.language}
          value={settings.language}
          options={languages.map((value) => ({ value, name: w.settings.languages[value] }))}
          onChange={(language) => change({ language })}
        />
      </section>
      <Devices />
      <Account />
      <About />
    </div>
  );
}
