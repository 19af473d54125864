import { findChromium } from './browser/chromium.ts';
import { launchHost } from './launch-host.ts';

/**
 * `node lab/host/start.ts [arguments of the app]`: the desktop app without an Electron binary, its window in the
 * system's Chromium. For a checkout only: no package contains this. Ends as the app ends; 69 without a Chromium.
 */
if (findChromium() === null) {
  console.error('There is neither an Electron binary nor a Chromium or Chrome on this machine.');
  process.exit(69);
}
console.error(
  'No Electron binary here: the window is a page of the system’s Chromium. Tray and notifications are missing.',
);
const app = launchHost({
  env: process.env,
  args: process.argv.slice(2),
  isHeadless:
    process.env.DISPLAY === undefined &&
    process.env.WAYLAND_DISPLAY === undefined &&
    process.platform === 'linux',
  locale: Intl.DateTimeFormat().resolvedOptions().locale,
  onOutput: (text) => process.stderr.write(text),
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.kill('SIGTERM'));
const end = await app.ended;
await app.stop();
process.exit(typeof end === 'number' ? end : 1);
