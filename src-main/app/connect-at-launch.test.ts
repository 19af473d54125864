import { expect, test } from 'vitest';
import type { Snapshot } from '../../src-client/snapshot/snapshot.ts';
import { connectAtLaunch } from './connect-at-launch.ts';
import { coreSnapshot } from './testing/examples.ts';

const idle = { phase: 'disconnected' as const, cause: null, reason: null, source: null };
const out = { phase: 'signed-out' as const, reason: null };
const signedIn = coreSnapshot(idle);
const signedOut = coreSnapshot(out, { account: null });
const lockedSession = { serverUrl: 'https://vpn.example', serverName: 'Example', email: 'eva@example.com' };
const shut = coreSnapshot(out, { account: null, lockedSession });

function launch(first: Snapshot, ...later: Snapshot[]): number {
  const listeners = new Set<(snapshot: Snapshot) => void>();
  let connects = 0;
  connectAtLaunch({
    core: {
      snapshot: () => first,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    isWanted: () => true,
    connect() {
      connects += 1;
    },
  });
  for (const snapshot of later) for (const listener of listeners) listener(snapshot);
  return connects;
}

test('connects once, now or when the keyring has been opened', () => {
  expect(launch(signedIn, signedIn)).toBe(1);
  expect(launch(shut)).toBe(0);
  expect(launch(shut, shut, signedIn, signedIn)).toBe(1);
});

test('does not connect for somebody who signs in later', () => {
  expect(launch(signedOut, signedIn)).toBe(0);
  expect(launch(shut, signedOut, signedIn)).toBe(0);
  const other = signedIn.account && { ...signedIn.account, email: 'otto@example.com' };
  expect(launch(shut, coreSnapshot(idle, { account: other }))).toBe(0);
});
