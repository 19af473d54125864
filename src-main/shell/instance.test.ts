import pino from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectRequests } from '../app/connect-requests.ts';
import { coreSnapshot, idleCore, states } from '../app/testing/examples.ts';
import { claimSingleInstance } from './instance.ts';
import { createQuitting } from './quitting.ts';
import { app } from './testing/fake-electron.ts';

vi.mock('electron', () => import('./testing/fake-electron.ts'));

const log = pino({ level: 'silent' });

beforeEach(() => {
  app.removeAllListeners();
  app.calls.length = 0;
});

describe('checklist', () => {
  test('34: what a second instance was started with brings the window forward, and nothing more', () => {
    const heard: string[] = [];
    claimSingleInstance({ onFocus: () => heard.push('focus'), onLink: (link) => heard.push(link) });
    app.emit('second-instance', {}, ['/opt/postern', '--connect', '--quit', 'https://x', '/etc/passwd']);
    expect(heard).toEqual(['focus']);
  });
});

test('a deep link of a second instance is carried out, as is one that the system hands over', async () => {
  const calls: string[] = [];
  const core = idleCore(calls, () => coreSnapshot(states.disconnected));
  const requests = new ConnectRequests({ core, bringForward: () => calls.push('forward') });
  claimSingleInstance({ onFocus: () => undefined, onLink: (link) => void requests.openLink(link) });
  app.emit('second-instance', {}, ['/opt/postern', 'postern://connect/Brno']);
  let isPrevented = false;
  app.emit('open-url', { preventDefault: () => (isPrevented = true) }, 'postern://connect/nowhere');
  await vi.waitFor(() =>
    expect(calls).toEqual(['forward', 'connect deep-link 018f3f3e-0000-7000-8000-000000000002', 'forward']),
  );
  expect(isPrevented).toBe(true);
});

function quitter(isConnected: boolean, answer: boolean | Promise<boolean>) {
  const steps: string[] = [];
  const quitting = createQuitting({
    isConnected: () => isConnected,
    ask: async () => {
      steps.push('asked');
      return answer;
    },
    stop: async () => {
      steps.push('stopped');
    },
    log,
  });
  return { quitting, steps };
}

describe('quitting', () => {
  test('without a connection ends at once, and takes everything down first', async () => {
    const { quitting, steps } = quitter(false, true);
    quitting.quit();
    await vi.waitFor(() => expect(app.calls).toContain('ended'));
    expect(steps).toEqual(['stopped']);
  });

  test('while connected asks, and a no changes nothing', async () => {
    const { quitting, steps } = quitter(true, false);
    app.quit();
    await vi.waitFor(() => expect(steps).toEqual(['asked']));
    await Promise.resolve();
    expect(quitting.isQuitting).toBe(false);
    expect(app.calls).not.toContain('ended');
    app.quit();
    await vi.waitFor(() => expect(steps).toEqual(['asked', 'asked']));
  });

  test('asked for twice, asks and stops once', async () => {
    const { quitting, steps } = quitter(true, true);
    quitting.quit();
    quitting.quit();
    app.quit();
    await vi.waitFor(() => expect(app.calls).toContain('ended'));
    expect(steps).toEqual(['asked', 'stopped']);
  });

  test('for an installer asks nobody, and one that did not run leaves everything as it was', async () => {
    const { quitting, steps } = quitter(true, false);
    const goOn = quitting.expectInstaller();
    expect(quitting.isQuitting).toBe(true);
    goOn();
    expect(quitting.isQuitting).toBe(false);
    expect(steps).toEqual([]);
    app.quit();
    await vi.waitFor(() => expect(steps).toEqual(['asked']));
    await Promise.resolve();
    quitting.expectInstaller();
    app.quit();
    await vi.waitFor(() => expect(app.calls).toContain('ended'));
    expect(steps).toEqual(['asked', 'stopped']);
  });

  test('when the computer shuts down, an open question is not waited for', async () => {
    const { quitting, steps } = quitter(true, new Promise<boolean>(() => undefined));
    quitting.quit();
    await vi.waitFor(() => expect(steps).toEqual(['asked']));
    quitting.quitWithoutAsking();
    await vi.waitFor(() => expect(app.calls).toContain('ended'));
    expect(steps).toEqual(['asked', 'stopped']);
  });
});
