import { expect, test } from 'vitest';
import { ok } from '../../src-shared/problem.ts';
import { createCommandHandlers } from './app-commands.ts';
import { ConnectRequests } from './connect-requests.ts';
import { SignInFlow } from './sign-in-flow.ts';
import { idleCore } from './testing/examples.ts';
import { wordsFor } from './words.ts';

const serverUrl = 'https://vpn.example';
const keyOf = (letter: string) => `${letter.repeat(42)}A`;

/** Handlers of a window whose server answers these key lines, one after the other; what root was asked to trust. */
function windowOn(keyLines: string[]) {
  const trusted: string[] = [];
  const calls: string[] = [];
  const core = {
    ...idleCore(calls),
    serverInfo: async () => ok({ name: 'VPN', issuer: serverUrl, serverKey: keyLines.shift() ?? '' }),
  };
  const handlers = createCommandHandlers({
    core,
    requests: new ConnectRequests({ core, bringForward: () => undefined }),
    signIn: new SignInFlow(core, { serverUrl: null, caFile: null }),
    desktop: {
      chooseCa: async () => null,
      saveText: async () => false,
      writeClipboard: async () => undefined,
      openLink: async () => undefined,
      trust: async (keyLine) => {
        trusted.push(keyLine);
        return ok(undefined);
      },
      installUpdate: async () => ok(undefined),
      hideWindow: () => undefined,
      quit: () => undefined,
    },
    changeSettings: async () => ok(undefined),
    diagnostics: () => '',
    trustedServersFile: '/nowhere/trusted-servers.json',
    words: () => wordsFor('en', 'en'),
  });
  return { handlers, trusted, calls };
}

test('root is asked to trust the key whose fingerprint was shown, whatever the server says later', async () => {
  const shown = `${serverUrl}#ed25519=${keyOf('s')}`;
  const { handlers, trusted } = windowOn([shown, `${serverUrl}#ed25519=${keyOf('t')}`]);
  expect(await handlers['server.trust']({ serverUrl })).toMatchObject({ problem: { code: 'wrong-state' } });
  expect((await handlers['server.look-up']({ serverUrl })).ok).toBe(true);
  const elsewhere = { serverUrl: 'https://other.example' };
  expect(await handlers['server.trust'](elsewhere)).toMatchObject({ problem: { code: 'wrong-state' } });
  expect(trusted).toEqual([]);
  expect((await handlers['server.trust']({ serverUrl })).ok).toBe(true);
  expect(trusted).toEqual([shown]);
});

test('what is held back is asked of the helper, and its refusals are passed on', async () => {
  const { handlers, calls } = windowOn([]);
  expect(await handlers['guard.choose']({ mode: 'always' })).toEqual({ ok: true, value: undefined });
  expect(calls).toEqual(['chooseGuard always']);
  expect(await handlers['guard.open-portal'](undefined)).toMatchObject({
    problem: { code: 'portal-refused' },
  });
  expect(await handlers['guard.release'](undefined)).toMatchObject({ problem: { code: 'release-refused' } });
});

test('a server cannot have its key trusted under the name of another', async () => {
  const { handlers, trusted } = windowOn([`https://corp.example#ed25519=${keyOf('s')}`]);
  expect((await handlers['server.look-up']({ serverUrl })).ok).toBe(true);
  expect(await handlers['server.trust']({ serverUrl })).toMatchObject({
    problem: { code: 'untrusted-server', detail: expect.stringContaining('https://corp.example') },
  });
  expect(trusted).toEqual([]);
});
