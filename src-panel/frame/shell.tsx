import { useEffect, useRef } from 'react';
import { Bar } from '../../src-ui/parts/bar.tsx';
import { navigate, useLocation } from '../store/location-store.ts';
import { useSession } from '../store/session-store.ts';
import { useIsOffline } from '../store/use-online.ts';
import { useWords } from '../strings/use-words.ts';
import { Link } from './link.tsx';
import { Nav } from './nav.tsx';
import { Nowhere } from './nowhere.tsx';
import { pages } from './pages.ts';
import { findPage, isAdministrator } from './panel-page.ts';

/** Where the team's rules for sign-in and connections are set. */
export const LOGIN_SECURITY_PATH = '/login-security';

/** Navigation beside the page that the address names, below the warnings that stay for as long as they are true. */
export function Shell() {
  const { w } = useWords();
  const { member, isGateOff } = useSession();
  const { path } = useLocation();
  const isOffline = useIsOffline();
  const main = useRef<HTMLElement>(null);
  const open = pages.filter((page) => page.isFor(member.role));
  const found = findPage(pages, path);
  const [home] = open;

  useEffect(() => {
    if (path === '/' && home) navigate(home.path, true);
  }, [path, home]);
  // A new page begins at its top, and is read from there; the first one leaves focus to the browser.
  const shownPath = useRef(path);
  useEffect(() => {
    const before = shownPath.current;
    shownPath.current = path;
    if (before === path || before === '/') return;
    window.scrollTo({ top: 0 });
    main.current?.focus({ preventScroll: true });
  }, [path]);

  const mayOpen = found?.page.isFor(member.role) === true;
  const showsNoGate = isGateOff && isAdministrator(member.role);
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {w.nav.skip}
      </a>
      <Nav pages={open} />
      <main ref={main} id="content" className="shell-main" tabIndex={-1}>
        <div className="shell-bars">
          {isOffline && <Bar look="warning">{w.shell.offline}</Bar>}
          {showsNoGate && (
            <Bar
              look="warning"
              action={
                path === LOGIN_SECURITY_PATH ? undefined : (
                  <Link to={LOGIN_SECURITY_PATH}>{w.shell.noGateAction}</Link>
                )
              }
            >
              {w.shell.noGate}
            </Bar>
          )}
        </div>
        {found && mayOpen && <found.page.Page key={found.page.path} rest={found.rest} />}
        {found && !mayOpen && <Nowhere title={w.start.notForRole} text={w.start.notForRoleText} />}
        {!found && path !== '/' && <Nowhere title={w.start.notFound} text={w.start.notFoundText} />}
      </main>
    </div>
  );
}
