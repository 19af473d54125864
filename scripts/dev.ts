import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import path from 'node:path';
import { createServer } from 'vite';
import { buildMain } from '../lab/build-app.ts';
import { electronBinary } from '../lab/electron-binary.ts';
import { launchHost } from '../lab/host/launch-host.ts';

const checkout = path.dirname(import.meta.dirname);
const WATCHED = ['src-main', 'src-client', 'src-shared', 'src-node'];
const SETTLE_MS = 300;

/** One run of the app: Electron where its binary is, else main on Node with its window in Chromium. */
interface Run {
  ended: Promise<unknown>;
  stop(): Promise<void>;
}

function startElectron(binary: string, env: NodeJS.ProcessEnv): Run {
  const child: ChildProcess = spawn(binary, [checkout], { env, stdio: 'inherit' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function startApp(env: NodeJS.ProcessEnv): Run {
  const binary = electronBinary();
  if (binary !== null) return startElectron(binary, env);
  const isHeadless = !env.DISPLAY && !env.WAYLAND_DISPLAY;
  return launchHost({ env, isHeadless, onOutput: (text) => process.stderr.write(text) });
}

const server = await createServer({
  configFile: path.join(checkout, 'src-renderer/vite.config.ts'),
  logLevel: 'warn',
});
await server.listen();
const url = server.resolvedUrls?.local[0];
if (url === undefined) throw new Error('the page server has no address');
const env = {
  ...process.env,
  POSTERN_DEV_SERVER: url,
  POSTERN_LOG_LEVEL: process.env.POSTERN_LOG_LEVEL ?? 'info',
};

const host = electronBinary() === null ? 'Chromium, since this machine has no Electron binary' : 'Electron';
console.log(`Page at ${url}, window in ${host}. The page reloads by itself, main restarts when it changes.`);
let run: Run | null = null;
let isEnding = false;
let generation = 0;

/** Builds and starts anew. A mistake in the source is said, and the next change tries again. */
async function restart(): Promise<void> {
  generation += 1;
  const mine = generation;
  try {
    await buildMain();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return;
  }
  await run?.stop();
  if (mine !== generation || isEnding) return;
  const started = startApp(env);
  run = started;
  // Quitting the app ends development; a restart does not.
  void started.ended.then(() => {
    if (run === started && mine === generation) void end();
  });
}

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await run?.stop();
  await server.close();
  process.exit();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

let settling: NodeJS.Timeout | null = null;
for (const folder of WATCHED)
  watch(path.join(checkout, folder), { recursive: true }, (_event, file) => {
    if (!file?.endsWith('.ts') || file.endsWith('.test.ts')) return;
    if (settling) clearTimeout(settling);
    settling = setTimeout(() => void restart(), SETTLE_MS);
  });
await restart();
