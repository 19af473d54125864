import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectRequests } from './connect-requests.ts';
import { deepLinkIn, gatewayNamed, parseDeepLink } from './deep-link.ts';
import { coreSnapshot, GATEWAY, idleCore, OTHER_GATEWAY, states } from './testing/examples.ts';

test.each([
  ['postern://connect/Prague', 'Prague'],
  ['postern://connect/Prague/', 'Prague'],
  ['POSTERN://connect/New%20York', 'New York'],
  [`postern://connect/${GATEWAY.id}`, GATEWAY.id],
  ['postern://connect/Z%C3%BCrich', 'Zürich'],
])('%s names %s', (link, gateway) => {
  expect(parseDeepLink(link)).toEqual({ gateway });
});

test.each([
  'postern://connect',
  'postern://connect/',
  'postern://disconnect/Prague',
  'postern://connect/a/b',
  'postern://connect/a?code=123456',
  'postern://connect/a#x',
  'postern://user@connect/a',
  'postern://connect:1/a',
  'postern:connect/a',
  'postern://connect/%2e%2e%2f',
  'postern://connect/a%00',
  'postern://connect/a%0A',
  'postern://connect/%',
  'postern://connect/%20a',
  `postern://connect/${'a'.repeat(400)}`,
  'https://connect/a',
  '',
])('%s is no link of ours', (link) => {
  expect(parseDeepLink(link)).toBeNull();
});

test('whatever is parsed gives a short plain name or nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const parsed = parseDeepLink(`postern://connect/${text}`);
      if (parsed) expect(parsed.gateway.length <= 100 && !/[/\\\n\0]/.test(parsed.gateway)).toBe(true);
    }),
  );
});

test('among arguments one link counts; two are none', () => {
  expect(deepLinkIn(['/opt/x', '--hidden', 'postern://connect/a'])).toBe('postern://connect/a');
  expect(deepLinkIn(['postern://connect/a', 'postern://connect/b'])).toBeNull();
  expect(deepLinkIn(['/opt/x'])).toBeNull();
});

test('a gateway is found by id or by name in any case; a name that two have finds none', () => {
  const gateways = [GATEWAY, OTHER_GATEWAY];
  expect(gatewayNamed(gateways, 'prague')).toBe(GATEWAY);
  expect(gatewayNamed(gateways, OTHER_GATEWAY.id.toUpperCase())).toBe(OTHER_GATEWAY);
  expect(gatewayNamed([GATEWAY, { ...OTHER_GATEWAY, name: 'PRAGUE' }], 'prague')).toBeNull();
});

test.each([
  'signedOut',
  'gate',
  'connecting',
  'connected',
  'reconnecting',
  'disconnecting',
  'blocked',
] as const)('a link that is opened while %s only brings the window forward', async (state) => {
  const calls: string[] = [];
  const core = idleCore(calls, () => coreSnapshot(states[state]));
  const requests = new ConnectRequests({ core, bringForward: () => calls.push('forward') });
  await requests.openLink('postern://connect/Prague');
  expect(calls).toEqual(['forward']);
});

test('a link to a gateway that the team does not have is refused, and one that is no link too', async () => {
  const calls: string[] = [];
  const core = idleCore(calls, () => coreSnapshot(states.disconnected));
  const requests = new ConnectRequests({ core, bringForward: () => undefined });
  expect(await requests.openLink('postern://connect/Paris')).toMatchObject({
    problem: { code: 'gateway-not-found' },
  });
  expect(await requests.openLink('postern://quit/')).toMatchObject({ problem: { code: 'invalid-request' } });
  expect(calls).toEqual([]);
  await requests.openLink('postern://connect/Prague');
  expect(calls).toEqual([`connect deep-link ${GATEWAY.id}`]);
  expect(requests.asked).toBe('deep-link');
});
