import type { ReactNode } from 'react';
import { BrandMark } from '../../src-ui/parts/arch.tsx';
import { ActivityIcon, HelpIcon, HomeIcon, SettingsIcon } from '../../src-ui/parts/icons.tsx';
import { useSnapshot } from '../store/snapshot-store.ts';
import { type ScreenName, screens, showScreen, useView } from '../store/view-store.ts';
import { useWords } from '../strings/use-words.ts';

const icons: Record<ScreenName, () => ReactNode> = {
  home: HomeIcon,
  activity: ActivityIcon,
  settings: SettingsIcon,
  help: HelpIcon,
};

/** A rail at the side, or a bar at the foot of a narrow window. */
export function Nav() {
  const { w } = useWords();
  const current = useView((view) => view.screen);
  const isBrowser = useSnapshot((s) => s.app.host === 'browser' && !s.app.isPackaged);
  return (
    <nav className="nav" aria-label={w.nav.label} title={isBrowser ? w.settings.browserHost : undefined}>
      <BrandMark />
      <ul>
        {screens.map((screen) => {
          const Glyph = icons[screen];
          return (
            <li key={screen}>
              <button
                type="button"
                className="nav-item"
                aria-current={screen === current ? 'page' : undefined}
                onClick={() => showScreen(screen)}
              >
                <Glyph />
                <span>{w.nav[screen]}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
