import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UNLOCK_ACTION } from './polkit.ts';
import { hasRealPolkit, startRealPolkit } from './testing/real-polkit.ts';

const isPossible = hasRealPolkit();
if (!isPossible && process.env.CI) throw new Error('polkitd, dbus-daemon or root is missing');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pst-real-polkit-'));
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

function policyOf(allowAny: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<policyconfig><action id="${UNLOCK_ACTION}"><description>d</description><message>m</message>
<defaults><allow_any>${allowAny}</allow_any><allow_inactive>no</allow_inactive><allow_active>auth_self</allow_active></defaults>
</action></policyconfig>`;
}

async function probed(policy: string | null, rule: string | null = null) {
  const polkit = await startRealPolkit(folder, { policy, rule });
  try {
    return await polkit.probe();
  } finally {
    await polkit.stop();
  }
}

describe.skipIf(!isPossible)('the real polkitd (needs root, polkitd and dbus)', () => {
  test('would ask the user, and a question that nobody can answer is no yes', async () => {
    const { obstacle, outcome } = await probed(policyOf('auth_self'));
    expect(obstacle).toBeNull();
    // No agent is registered for this user, so nobody is asked.
    expect(['refused', 'failed', 'cancelled']).toContain(outcome);
  });

  test('that a rule lets say yes asks nobody', async () => {
    const rule = `polkit.addRule(function(action) { if (action.id == "${UNLOCK_ACTION}") return polkit.Result.YES; });`;
    expect(await probed(policyOf('auth_self'), rule)).toEqual({
      obstacle: 'asks-nobody',
      outcome: 'unavailable',
    });
  });

  test('knows nothing of the action where the app is not installed', async () => {
    expect(await probed(null)).toEqual({ obstacle: 'not-installed', outcome: 'unavailable' });
  });

  test('asks nobody who is not at the screen', async () => {
    expect(await probed(policyOf('no'))).toEqual({ obstacle: 'not-at-screen', outcome: 'unavailable' });
  });

  const shipped = join(import.meta.dirname, '../../assets/polkit/io.postern.desktop.policy');
  test.skipIf(!existsSync(shipped))('reads the action file that the app ships', async () => {
    expect(await probed(readFileSync(shipped, 'utf8'))).toMatchObject({ obstacle: 'not-at-screen' });
  });
});
