import { useEffect, useId, useState } from 'react';
import { BrandMark } from '../../src-ui/parts/arch.tsx';
import { Button } from '../../src-ui/parts/button.tsx';
import { signOut } from '../api/session-calls.ts';
import { useLocation } from '../store/location-store.ts';
import { useSession, useSessionStore } from '../store/session-store.ts';
import { useAction } from '../store/use-action.ts';
import { useWords } from '../strings/use-words.ts';
import { Link } from './link.tsx';
import { findPage, type PanelPage } from './panel-page.ts';

/** Brand, pages and who is signed in; below 60rem the list folds away behind a button. */
export function Nav({ pages }: { pages: readonly PanelPage[] }) {
  const { w, language } = useWords();
  const session = useSession();
  const { path } = useLocation();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const leaving = useAction(signOut);
  const current = findPage(pages, path)?.page;
  // biome-ignore lint/correctness/useExhaustiveDependencies: wherever one goes, the list has served
  useEffect(() => setOpen(false), [path]);

  async function leave(): Promise<void> {
    const answer = await leaving.run();
    if (answer.ok) useSessionStore.getState().leave();
  }
  return (
    <header className="shell-head">
      <div className="shell-brand">
        <BrandMark />
        <p>
          <strong>{session.serverName}</strong>
          <span className="hint">{w.panel}</span>
        </p>
        <button
          type="button"
          className="button button-secondary shell-menu"
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
          onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
        >
          {w.nav.menu}
        </button>
      </div>
      <div className="shell-fold" id={id} data-open={isOpen || undefined}>
        <nav aria-label={w.nav.label}>
          {(['team', 'account'] as const).map((group) => {
            const members = pages.filter((page) => page.group === group);
            return members.length === 0 ? null : (
              <div key={group} className="shell-group">
                <p className="shell-group-name" id={`${id}-${group}`}>
                  {w.nav[group]}
                </p>
                <ul aria-labelledby={`${id}-${group}`}>
                  {members.map((page) => (
                    <li key={page.path}>
                      <Link
                        to={page.path}
                        className="shell-link"
                        isCurrent={page === current}
                        onFollow={() => setOpen(false)}
                      >
                        <page.Icon />
                        {page.name(language)}
                      </Link>
                    </li>
                  ))}
                </ul>
              </div>
            );
          })}
        </nav>
        <div className="shell-who">
          <p>
            <strong>{session.member.name}</strong>
            <span className="hint">{session.member.email}</span>
            <span className="hint">{w.nav.roles[session.member.role]}</span>
          </p>
          <Button isBusy={leaving.isBusy} onPress={() => void leave()}>
            {w.nav.signOut}
          </Button>
        </div>
      </div>
    </header>
  );
}
