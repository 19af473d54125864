import { ServerIcon } from '../../src-ui/parts/icons.tsx';
import type { LanguageKey } from '../../src-ui/strings/language.ts';
import { isAdministrator, type PanelPage } from '../frame/panel-page.ts';
import { ApiPage } from './api-page/api-page.tsx';
import { AuditPage } from './audit/audit-page.tsx';
import { GatewaysPage } from './gateways/gateways-page.tsx';
import { MembersPage } from './members/members-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import {
  ApiIcon,
  AuditIcon,
  MembersIcon,
  OverviewIcon,
  PolicyIcon,
  TokenIcon,
} from './parts/admin-icons.tsx';
import { PolicyPage } from './policy/policy-page.tsx';
import { de } from './strings/de.ts';
import { type AdminWords, en } from './strings/en.ts';
import { TokensPage } from './tokens/tokens-page.tsx';
import './admin.css';
import './chart.css';

const names = { en: en.nav, de: de.nav };

function page(
  path: string,
  key: keyof AdminWords['nav'],
  Icon: PanelPage['Icon'],
  Page: PanelPage['Page'],
): PanelPage {
  const name = (language: LanguageKey) => names[language][key];
  return { path, group: 'team', name, Icon, isFor: isAdministrator, Page };
}

/** What only administrators and owners may open; the server refuses the routes behind them to everybody else. */
export const adminPages: readonly PanelPage[] = [
  page('/overview', 'overview', OverviewIcon, OverviewPage),
  page('/members', 'members', MembersIcon, MembersPage),
  page('/login-security', 'policy', PolicyIcon, PolicyPage),
  page('/gateways', 'gateways', ServerIcon, GatewaysPage),
  page('/api-tokens', 'tokens', TokenIcon, TokensPage),
  page('/audit', 'audit', AuditIcon, AuditPage),
  page('/api-console', 'api', ApiIcon, ApiPage),
];
