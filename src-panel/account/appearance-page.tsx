import { RadioGroup } from '../../src-ui/parts/choices.tsx';
import { Page } from '../frame/page.tsx';
import { type Preferences, prefer, usePreferences } from '../store/preferences-store.ts';
import { useWords } from '../strings/use-words.ts';

const themes: readonly Preferences['theme'][] = ['system', 'light', 'dark'];
const languages: readonly Preferences['language'][] = ['system', 'en', 'de'];

/** Takes effect at once, in this browser. */
export function AppearancePage() {
  const { w } = useWords();
  const { theme, language } = usePreferences();
  return (
    <Page title={w.appearance.title} text={w.appearance.text}>
      <section className="panel stack">
        <RadioGroup
          label={w.appearance.theme}
          look="segments"
          value={theme}
          options={themes.map((value) => ({ value, name: w.appearance.themes[value] }))}
          onChange={(value) => prefer({ theme: value })}
        />
        <RadioGroup
          label={w.appearance.language}
          look="segments"
          value={language}
          options={languages.map((value) => ({ value, name: w.appearance.languages[value] }))}
          onChange={(value) => prefer({ language: value })}
        />
      </section>
    </Page>
  );
}
