import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { nextCode } from '../../lab/stack/authenticator.ts';
import type { Phase } from '../../src-shared/connection-state.ts';
import { AppLab, snapshotOf, within } from './app-lab.ts';
import { codeField, gateDialog, type SignedIn, signedIn, words } from './screen.ts';

let lab: AppLab;
beforeAll(async () => {
  lab = await AppLab.start(4);
});
afterEach(() => lab.endApps());
afterAll(() => lab.stop());

const STEPS = 24;
const shapes: Partial<Record<Phase, RegExp>> = {
  disconnected: /tray-disconnected/,
  gate: /tray-attention/,
  connecting: /tray-connecting/,
  connected: /tray-(connected|attention)/,
  reconnecting: /tray-connecting/,
  disconnecting: /tray-connecting/,
};

/** Window, tray and main say the same thing, or will in a moment. */
async function expectAgreement({ page, desktop }: SignedIn, steps: readonly string[]): Promise<void> {
  await expect
    .poll(async () => {
      const { connection } = await snapshotOf(page);
      const { phase } = connection;
      const tray = await desktop.tray();
      const isAsking = phase === 'gate' || (phase === 'connected' && connection.renewal !== null);
      const labels = tray.items.map(({ label }) => label);
      const disagreements = [
        // Behind an open dialog the page is inert, but it is still there.
        (await page.locator('#state-word').textContent()) === words.state[phase] ? '' : 'word',
        (await gateDialog(page).count()) === (isAsking ? 1 : 0) ? '' : 'gate',
        shapes[phase]?.test(tray.image) ? '' : `tray picture ${tray.image}`,
        phase === 'gate' && !labels.includes('Enter code …') ? 'tray menu' : '',
        phase === 'connected' && tray.items.find(({ label }) => label === 'Disconnect')?.isEnabled !== true
          ? 'tray disconnect'
          : '',
      ].filter(Boolean);
      // What is on its way is checked when it has come to rest.
      const isChecking = phase === 'gate' && connection.prompt.isChecking;
      return isChecking || ['connecting', 'disconnecting'].includes(phase) ? ['moving'] : disagreements;
    }, within)
    .toEqual([]);
  const { phase } = (await snapshotOf(page)).connection;
  expect(await lab.tunnelWorks(), steps.join(', ')).toBe(phase === 'connected');
}

test('window and tray agree with main through a random walk of what people and servers do', async () => {
  const seed = process.env.POSTERN_WALK_SEED ?? randomBytes(4).toString('hex');
  console.log(`POSTERN_WALK_SEED=${seed}`);
  const running = await signedIn(lab);
  const { page, desktop, member } = running;
  let lastCode = '';
  const phaseNow = async () => (await snapshotOf(page)).connection.phase;
  const clickIfThere = async (label: string): Promise<void> => {
    const found = (await desktop.tray()).items.find((item) => item.label === label);
    if (found?.isEnabled) await desktop.clickTray(label);
  };
  const events: Record<string, () => Promise<unknown>> = {
    connect: () => clickIfThere('Connect'),
    disconnect: () => clickIfThere('Disconnect'),
    cancel: () => clickIfThere('Cancel'),
    kick: () => lab.kick(member),
    hide: () => desktop.closeWindow(),
    show: () => desktop.clickTray('Open Postern'),
    sleep: async () => {
      await desktop.power('suspend');
      await desktop.power('resume');
    },
    reload: () => page.reload(),
    async code() {
      if ((await phaseNow()) !== 'gate') return;
      lastCode = await nextCode(member.totpSecret, lastCode, () => undefined);
      await codeField(page).fill(lastCode);
      await expect.poll(async () => (await snapshotOf(page)).activity[0]?.kind, within).not.toBe('gate');
    },
  };
  // What leads up comes more often than what leads down, or the walk stays at the bottom.
  const names = [...Object.keys(events), 'connect', 'connect', 'code'];
  const walked: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const digest = createHash('sha256').update(`${seed} ${step}`).digest();
    const name = names[digest.readUInt32BE() % names.length] ?? 'show';
    walked.push(name);
    await events[name]?.();
    await expectAgreement(running, walked);
  }
  console.log(walked.join(' '));
}, 400_000);
