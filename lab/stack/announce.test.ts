import { expect, test } from 'vitest';
import { addressing } from './addressing.ts';
import { announcement } from './announce.ts';

const file = {
  ...{ serverUrl: 'https://10.213.7.1:8443', caFile: '/stack/ca.pem', apiToken: '', members: [] },
  ...{ admin: { email: '', password: '', totpSecret: '' }, laptop: { netns: '', helperSocket: '' } },
  ...{ gateways: [], target: { url: 'http://10.214.7.10' }, mail: { url: 'http://10.213.7.1:8025' } },
  net: { kind: 'routed' as const, lanNetns: null, routerNetns: null, coreNetns: null, uplinks: [] },
};
const text = (options: { hasCaptivePortal?: boolean; hasOverlap?: boolean }) => {
  const plan = addressing(7, 2, { net: 'routed', hasOverlap: options.hasOverlap === true });
  return announcement({ folder: '/stack', file, plan }, options).join('\n');
};

test('how to run the programs against the stack is said, with their configuration', () => {
  expect(text({})).toMatch(/postern-server gateway list --config \/stack\/server\/server\.toml/);
  expect(text({})).toMatch(
    /nsenter --net=\S+ -- \S*postern-gateway check --config \/stack\/gateways\/\S+\.toml/,
  );
});

test('what comes before signing in or connecting on a network of its kind is said there alone', () => {
  const portal = "laptop -- curl -d '' http://192.168.77.254/sign-in";
  expect(text({ hasCaptivePortal: true })).toContain(portal);
  expect(text({ hasCaptivePortal: true, hasOverlap: true })).toContain('http://10.214.7.254/sign-in');
  expect(text({ hasOverlap: true })).toContain('laptop -- postern overlap team');
  expect(text({})).not.toMatch(/curl|overlap/);
});
