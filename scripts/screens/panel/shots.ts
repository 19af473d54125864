import { en as admin } from '../../../src-panel/admin/strings/en.ts';
import { en } from '../../../src-panel/strings/en.ts';
import { RESET_PAGE_PATH } from '../../../src-shared/panel/mfa-reset.ts';
import { en as app } from '../../../src-ui/strings/en.ts';
import { withActivity, withFewCodes, withMfa, withoutMfa } from './fixtures/account.ts';
import { apiTokens, suspendedTokens } from './fixtures/api-tokens.ts';
import { auditLog } from './fixtures/audit.ts';
import {
  degradedDetails,
  degradedPath,
  gatewayDetails,
  gatewayList,
  gatewayPath,
} from './fixtures/gateways.ts';
import { memberDetails, memberList, memberPath } from './fixtures/members.ts';
import { overview } from './fixtures/overview.ts';
import { cannotGuard, gateOff, gateOn } from './fixtures/policy.ts';
import {
  asAdministrator,
  asksForCode,
  asksForOwnPassword,
  asNobody,
  leadsThroughSetUp,
  resetByLink,
  resetLinkUsed,
} from './fixtures/sign-in.ts';
import type { PanelShot } from './shot.ts';
import {
  fillDisconnect,
  seen,
  toBadLink,
  toCode,
  toCodes,
  toDisconnect,
  toEdit,
  toHoldBack,
  toInstallLine,
  toNewToken,
  toRefusedPassword,
  toRenewToken,
  toResetAuthenticator,
  toSetUp,
  toTemporaryPassword,
  toTokenLine,
  toTroubles,
  unlockToo,
} from './steps.ts';

/** A card in the middle of a page that holds nothing else. */
const door = { width: 820, height: 600 };

const shots: readonly (Omit<PanelShot, 'size'> & { width?: number; height?: number })[] = [
  { name: 'sign-in', at: '/', answers: asNobody, go: seen(app.credentials.password), ...door },
  { name: 'sign-in-code', at: '/', answers: asksForCode, go: toCode, ...door },
  {
    name: 'sign-in-new-password',
    at: '/',
    answers: asksForOwnPassword,
    go: toRefusedPassword,
    ...door,
  },
  { name: 'set-up', at: '/', answers: leadsThroughSetUp, go: toSetUp, ...door, height: 640 },
  { name: 'backup-codes', at: '/', answers: leadsThroughSetUp, go: toCodes, ...door },
  {
    name: 'reset',
    at: `${RESET_PAGE_PATH}#example`,
    answers: resetByLink,
    go: seen(en.reset.password),
    ...door,
  },
  {
    name: 'reset-authenticator',
    at: `${RESET_PAGE_PATH}#example`,
    answers: resetByLink,
    go: toResetAuthenticator,
    ...door,
    height: 640,
  },
  { name: 'reset-used', at: `${RESET_PAGE_PATH}#example`, answers: resetLinkUsed, go: toBadLink, ...door },
  { name: 'security', at: '/account/security', answers: withMfa, go: seen(en.security.backup) },
  {
    name: 'security-few-codes',
    at: '/account/security',
    answers: withFewCodes,
    go: seen(en.security.backup),
  },
  { name: 'security-off', at: '/account/security', answers: withoutMfa, go: seen(en.security.turnOn) },
  {
    name: 'security-narrow',
    at: '/account/security',
    answers: withFewCodes,
    go: seen(en.security.backup),
    width: 360,
    height: 900,
  },
  { name: 'devices', at: '/account/devices', answers: withMfa, go: seen(en.devices.sessions) },
  { name: 'activity', at: '/account/activity', answers: withActivity, go: seen('New backup codes made') },
  { name: 'overview', at: '/overview', answers: overview, go: seen(admin.overview.now), height: 1_180 },
  { name: 'members', at: '/members', answers: memberList, go: seen('Margaret Hamilton'), height: 860 },
  {
    name: 'members-narrow',
    at: '/members',
    answers: memberList,
    go: seen('Margaret Hamilton'),
    width: 360,
    height: 900,
  },
  { name: 'member', at: memberPath, answers: memberDetails, go: seen(admin.member.access), height: 1_000 },
  { name: 'member-disconnect', at: memberPath, answers: memberDetails, go: toDisconnect },
  { name: 'member-password', at: memberPath, answers: memberDetails, go: toTemporaryPassword },
  {
    name: 'policy-gate-off',
    at: '/login-security',
    answers: gateOff,
    go: seen(admin.policy.unchanged),
    height: 1_000,
  },
  { name: 'policy-affected', at: '/login-security', answers: gateOn, go: unlockToo, height: 1_060 },
  {
    name: 'policy-cannot-guard',
    at: '/login-security',
    answers: cannotGuard,
    go: toHoldBack,
    height: 1_060,
  },
  { name: 'gateways', at: '/gateways', answers: gatewayList, go: seen('Stockholm') },
  { name: 'gateway', at: gatewayPath, answers: gatewayDetails, go: seen(admin.gateways.peers) },
  {
    name: 'gateway-degraded',
    at: degradedPath,
    answers: degradedDetails,
    go: seen(admin.gateways.degradedTitle),
  },
  { name: 'gateway-edit', at: gatewayPath, answers: gatewayDetails, go: toEdit, width: 500, height: 1_250 },
  { name: 'gateway-token', at: gatewayPath, answers: gatewayDetails, go: toRenewToken },
  { name: 'gateway-token-line', at: gatewayPath, answers: gatewayDetails, go: toTokenLine },
  { name: 'gateway-add', at: '/gateways', answers: gatewayList, go: toTroubles, width: 900, height: 1_380 },
  { name: 'gateway-install', at: '/gateways', answers: gatewayList, go: toInstallLine },
  { name: 'api-tokens', at: '/api-tokens', answers: apiTokens, go: seen('Splunk') },
  { name: 'api-tokens-suspended', at: '/api-tokens', answers: suspendedTokens, go: seen('Splunk') },
  { name: 'api-token-new', at: '/api-tokens', answers: apiTokens, go: toNewToken },
  { name: 'audit', at: '/audit', answers: auditLog, go: seen('mfa-reset.request'), height: 940 },
  { name: 'api', at: '/api-console', answers: asAdministrator, go: fillDisconnect, height: 1_060 },
];

/** Every screen of the Control Panel, and each state of it that looks different. */
export const panelShots: readonly PanelShot[] = shots.map(
  ({ name, width = 1_200, height = 800, ...shot }) => ({
    ...shot,
    name: `panel-${name}`,
    size: { width, height },
  }),
);
