import { expect, test } from 'vitest';
import { ServerFolder } from '../../testing/server-folder.ts';

test('after half an init doctor and start say that nobody can sign in, and init goes on', async () => {
  const folder = await ServerFolder.make();
  try {
    expect((await folder.command(['init'])).status).toBe(1);
    const { checks } = JSON.parse((await folder.command(['doctor', '--json'])).stdout);
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'members', ok: false, remedy: 'postern-server init' }),
    );
    const { log } = await folder.serve();
    expect(log()).toContain(
      'Nobody can sign in: this server has no administrator yet. Run: postern-server init',
    );
    await folder.stopAll();
    expect(await folder.init()).toMatchObject({ status: 0 });
    expect((await folder.command(['doctor'])).stdout).not.toContain('Nobody can sign in');
  } finally {
    await folder.remove();
  }
}, 60_000);
