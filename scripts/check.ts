import { spawn } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { checkout } from '../lab/stack/folders.ts';
import { type CheckStep, checkSteps } from './check/steps.ts';

/** `npm run check`: all steps side by side; what is wrong is printed step by step. */

const cache = path.join(checkout, 'node_modules/.cache/tsc');
const CACHE_KEYS = ['tsconfig*.json', 'package-lock.json'];

/**
 * The compiler remembers what it found (`incremental`), but not that a new file declares something global: where files
 * came or went, or its settings changed, it begins anew.
 */
function forgetOtherTrees(): void {
  const files = globSync('{src-*,lab,scripts,e2e,bench}/**/*.{ts,tsx}', { cwd: checkout }).sort();
  const settings = globSync(CACHE_KEYS, { cwd: checkout }).sort();
  const key = [...files, ...settings.map((file) => readFileSync(path.join(checkout, file), 'utf8'))].join(
    '\n',
  );
  const known = path.join(cache, 'tree.txt');
  if (globSync('tree.txt', { cwd: cache }).length > 0 && readFileSync(known, 'utf8') === key) return;
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  writeFileSync(known, key);
}

async function run({ name, command }: CheckStep): Promise<boolean> {
  const [file = '', ...args] = command;
  const begin = performance.now();
  const child = spawn(file, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const isGood = (await code) === 0;
  const took = `${((performance.now() - begin) / 1000).toFixed(1).padStart(5)} s`;
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${took}  ${name}`);
  if (!isGood) console.log(`${out}${err}`);
  return isGood;
}

forgetOtherTrees();
const results = await Promise.all(checkSteps({ isAnew: false }).map(run));
process.exitCode = results.every(Boolean) ? 0 : 1;
