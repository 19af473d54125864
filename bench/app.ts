import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { AppLab, expectPhase, snapshotOf } from '../e2e/app/app-lab.ts';
import { button, codeField, gateDialog, signIn, words } from '../e2e/app/screen.ts';
import { checkout } from '../lab/stack/folders.ts';
import { cpuSeconds, heapOfMain, heapOfPage, processesBelow } from './app-processes.ts';
import { type Row, Samples } from './stats.ts';

const VARIANT = 'desktop app in the Chromium host';
const MEMBERS = 6;
const RELOADS = 15;
const IDLE_SECONDS = 20;
/** One snapshot a second, as the traffic graph makes them, for an hour. */
const HOUR_OF_SNAPSHOTS = 3_600;

/** What the window costs and how soon it shows the gate, on a stack of its own. Needs Chromium. */
export async function benchApp(): Promise<Row[]> {
  const samples = new Samples();
  const lab = await AppLab.start(MEMBERS + 1);
  try {
    samples.add('desktop app', 'page, gzip', bundleBytes() / 1000, 'kB');
    await disconnects(lab, samples);
    await loadsAndIdles(lab, samples);
  } finally {
    await lab.stop();
  }
  return samples.rows();
}

/** Everything that the page loads, compressed. */
function bundleBytes(): number {
  const folder = path.join(checkout, 'dist/renderer');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|css|html)$/.test(entry.name))
    .reduce((sum, entry) => sum + gzipSync(readFileSync(path.join(entry.parentPath, entry.name))).length, 0);
}

/** Three disconnects for each member: each of the three codes that count now brings the connection back. */
async function disconnects(lab: AppLab, samples: Samples): Promise<void> {
  const { desktop } = await lab.launch();
  const page = await desktop.page();
  for (let index = 0; index < MEMBERS; index++) {
    const member = lab.newMember();
    const { previous, current, next } = await lab.codes(member);
    await signIn(page, member, previous);
    await button(page, words.nav.home).click();
    await button(page, words.home.connect).click();
    for (const code of [current, next, null]) {
      await expectPhase(page, 'connected');
      const isHidden = code === null;
      if (isHidden) await desktop.closeWindow();
      // A connection at rest, not one that has just begun.
      await sleep(300);
      const seen = watchGate(page);
      await seen.isReady;
      const calledAt = performance.timeOrigin + performance.now();
      const answered = lab.kick(member).then(() => performance.timeOrigin + performance.now());
      const metric = isHidden ? 'with the window hidden before' : 'with the window in front';
      samples.add(VARIANT, `disconnect call -> gate on screen, ${metric}`, (await seen.at) - calledAt);
      samples.add(VARIANT, 'disconnect call -> 200 to the caller', (await answered) - calledAt);
      if (code !== null) await codeField(page).fill(code);
    }
    await button(gateDialog(page), words.common.cancel).click();
    await expectPhase(page, 'disconnected');
    await button(page, words.nav.settings).click();
    await button(page, words.settings.signOut).click();
    await button(page, words.settings.signOut).click();
    await button(page, words.signIn.continue).waitFor();
  }
  await lab.endApps();
}

/** Hears from the page when a frame with the focused code field has been painted (milliseconds since 1970). */
function watchGate(page: Page): { isReady: Promise<void>; at: Promise<number> } {
  const isReady = page.evaluate(() => {
    document.documentElement.dataset.gateAt = '';
    const look = (): void => {
      const field = document.activeElement;
      const isUp = document.visibilityState === 'visible' && field?.closest('dialog') !== null;
      if (!isUp || !(field instanceof HTMLInputElement)) return;
      observer.disconnect();
      document.removeEventListener('visibilitychange', look);
      // The task after the frame's callbacks runs when the frame has been handed over.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          document.documentElement.dataset.gateAt = String(performance.timeOrigin + performance.now());
        };
        port2.postMessage(null);
      });
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    document.addEventListener('visibilitychange', look);
  });
  const at = isReady.then(async () => {
    for (const until = Date.now() + 30_000; Date.now() < until; await sleep(10)) {
      const found = await page.evaluate(() => document.documentElement.dataset.gateAt ?? '');
      if (found !== '') return Number(found);
    }
    throw new Error('the gate was never seen');
  });
  return { isReady, at };
}

async function loadsAndIdles(lab: AppLab, samples: Samples): Promise<void> {
  const { desktop, app } = await lab.launch();
  const page = await desktop.page();
  const member = lab.newMember();
  await signIn(page, member, (await lab.codes(member)).current);
  await button(page, words.home.connect).click();
  await expectPhase(page, 'connected');
  await desktop.closeWindow();
  await sleep(2_000);
  const main = await desktop.processId();
  const pageProcesses = processesBelow(await app.windowPid()).filter(({ command }) =>
    /--type=renderer/.test(command),
  );
  const before = { main: cpuSeconds([main]), page: cpuSeconds(pageProcesses.map(({ pid }) => pid)) };
  await sleep(IDLE_SECONDS * 1000);
  const percent = (seconds: number): number => (seconds / IDLE_SECONDS) * 100;
  samples.add(
    'desktop app',
    'main, processor at idle, connected and hidden',
    percent(cpuSeconds([main]) - before.main),
    '%',
  );
  const used = cpuSeconds(pageProcesses.map(({ pid }) => pid)) - before.page;
  samples.add('desktop app', 'page, processor at idle, connected and hidden', percent(used), '%');

  await desktop.clickTray('Open Postern');
  await page.addInitScript(markInteractive);
  for (let load = 0; load < RELOADS; load++)
    samples.add(VARIANT, 'load -> page interactive', await interactiveAfter(page));
  await memory(desktop, page, samples);
}

/** In the page, before its scripts: notes when a frame with the large button in it has been painted. */
function markInteractive(): void {
  new MutationObserver((_changes, observer) => {
    if (document.querySelector('.main-button button') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => {
      document.documentElement.dataset.interactiveAt = String(performance.now());
    });
  }).observe(document, { subtree: true, childList: true });
}

/** From the start of a reload until the large button can be pressed, milliseconds by the page's own clock. */
async function interactiveAfter(page: Page): Promise<number> {
  await page.reload();
  await page.locator('html[data-interactive-at]').waitFor({ state: 'attached' });
  return page.evaluate(() => Number(document.documentElement.dataset.interactiveAt));
}

/** An hour of snapshots in a minute; both halves of it must end with the same memory. */
async function memory(
  desktop: { pushSnapshots(count: number): Promise<void> } & Parameters<typeof heapOfMain>[0],
  page: Page,
  samples: Samples,
): Promise<void> {
  const ask = (count: number) =>
    page.evaluate(async (times) => {
      for (let asked = 0; asked < times; asked++) await window.postern.snapshot();
    }, count);
  const half = async () => {
    await desktop.pushSnapshots(HOUR_OF_SNAPSHOTS / 2);
    await ask(HOUR_OF_SNAPSHOTS / 2);
    return { main: await heapOfMain(desktop), page: await heapOfPage(page) };
  };
  const first = await half();
  const second = await half();
  samples.add('desktop app', 'main, heap after an hour of snapshots', second.main, 'MiB');
  samples.add('desktop app', 'main, growth over the second half of it', second.main - first.main, 'MiB');
  samples.add('desktop app', 'page, heap after an hour of snapshots', second.page, 'MiB');
  samples.add('desktop app', 'page, growth over the second half of it', second.page - first.page, 'MiB');
  if ((await snapshotOf(page)).connection.phase !== 'connected') throw new Error('the connection was lost');
}
