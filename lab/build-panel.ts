import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { collectInputs } from './bundle-inputs.ts';

const checkout = path.dirname(import.meta.dirname);
const dist = path.join(checkout, 'dist');

/**
 * Builds the Control Panel's page into `dist/panel`, from where the control server serves it. Whole or not at all: a
 * server that starts meanwhile finds the old page or the new one.
 */
export async function buildPanel(): Promise<void> {
  mkdirSync(dist, { recursive: true });
  const made = path.join(dist, `.panel-${process.pid}`);
  const old = `${made}-old`;
  const target = path.join(dist, 'panel');
  const inputs = collectInputs();
  inputs.add(import.meta.filename);
  await build({
    configFile: path.join(checkout, 'src-panel/vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: made },
    plugins: [inputs.plugin],
  });
  if (existsSync(target)) renameSync(target, old);
  renameSync(made, target);
  rmSync(old, { recursive: true, force: true });
  await inputs.record('panel');
}

if (import.meta.main) await buildPanel();
