import { join } from 'node:path';
import type { Session } from 'electron';
import type { Logger } from 'pino';
import { fail, ok, type Result } from '../../src-shared/problem.ts';
import { feedFileName, isSignedUpdate, readUpdateFeed, type UpdateFeed } from '../app/update-feed.ts';
import { hardenUpdateSession } from './session-hardening.ts';

const CHECK_INTERVAL_MS = 6 * 3_600_000;

export type UpdateState = 'off' | 'none' | 'downloading' | 'ready';

export interface UpdaterOptions {
  isPackaged: boolean;
  /** Folder of the installed app's resources. */
  resources: string;
  onState: (state: UpdateState) => void;
  /** The installer is about to end the app, which then ends everything in order. Call the answer when it did not. */
  expectInstaller: () => () => void;
  log: Logger;
}

/**
 * Updates from a signed feed; `off` without `update-feed.json` among the resources. electron-updater is loaded only
 * then. What it offers is downloaded only if the feed file carries our signature, on every platform.
 */
export function startUpdater(options: UpdaterOptions): { install(): Promise<Result<void>> } {
  const { log, onState, resources } = options;
  const feed = options.isPackaged ? readUpdateFeed(join(resources, 'update-feed.json')) : null;
  if (!feed) return { install: async () => fail('not-supported', 'Updates are off.') };
  let isReady = false;

  async function load() {
    const { default: electronUpdater } = await import('electron-updater');
    const { autoUpdater } = electronUpdater;
    autoUpdater.autoDownload = false;
    autoUpdater.autoInstallOnAppQuit = false;
    autoUpdater.allowDowngrade = false;
    autoUpdater.logger = null;
    if (feed) {
      hardenUpdateSession(autoUpdater.netSession, feed.url);
      autoUpdater.setFeedURL({ provider: 'generic', url: feed.url });
    }
    autoUpdater.on('error', (error) => log.warn({ err: error }, 'update failed'));
    autoUpdater.on('update-downloaded', () => {
      isReady = true;
      onState('ready');
    });
    return autoUpdater;
  }
  const loaded = load();

  async function check(signedBy: UpdateFeed): Promise<void> {
    if (isReady) return;
    const updater = await loaded;
    const found = await updater.checkForUpdates();
    if (!found?.isUpdateAvailable) return;
    if (!(await isSigned(signedBy, found.updateInfo, updater.netSession))) {
      log.error({ version: found.updateInfo.version }, 'update without our signature refused');
      return;
    }
    onState('downloading');
    await updater.downloadUpdate();
  }
  const look = () => {
    void check(feed).catch((error: unknown) => {
      log.warn({ err: error }, 'no word on updates');
      onState('none');
    });
  };
  onState('none');
  look();
  setInterval(look, CHECK_INTERVAL_MS).unref();
  return {
    async install() {
      if (!isReady) return fail('wrong-state', 'No update is ready.');
      const updater = await loaded;
      const goOn = options.expectInstaller();
      // Where the system asks for a password first and is told no, this says so before it returns, and nothing has ended.
      const refusals: unknown[] = [];
      const note = (error: unknown) => refusals.push(error);
      updater.on('error', note);
      updater.quitAndInstall();
      updater.off('error', note);
      if (refusals.length === 0) return ok(undefined);
      goOn();
      return fail('wrong-state', 'The update was not installed. Postern goes on as it is.');
    },
  };
}

async function isSigned(
  feed: UpdateFeed,
  offered: { version: string; files: readonly { sha512: string }[] },
  session: Session,
): Promise<boolean> {
  const url = `${feed.url}/${feedFileName(process.platform, process.arch)}`;
  const [text, signature] = await Promise.all([fetchText(url, session), fetchText(`${url}.sig`, session)]);
  return isSignedUpdate(feed, text, signature, offered);
}

async function fetchText(url: string, session: Session): Promise<string> {
  const answer = await session.fetch(url, { redirect: 'error', cache: 'no-store' });
  if (!answer.ok) throw new Error(`update feed answered ${answer.status}`);
  return answer.text();
}
