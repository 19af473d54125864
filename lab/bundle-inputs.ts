import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';
import * as z from 'zod';
import { writeFileAtomic } from '../src-node/atomic-file.ts';
import { checkout } from './stack/folders.ts';

/** Path from the root of the checkout → SHA-256 of what went into the bundle; null where it changed meanwhile. */
const inputsFile = z.record(z.string(), z.string().nullable());

const folder = path.join(checkout, 'dist/.inputs');
const fileOf = (bundle: string): string => path.join(folder, `${bundle}.json`);

/** Stands for all of node_modules, which is not looked through. */
const LOCK_FILE = path.join(checkout, 'package-lock.json');

/** The files that a bundle is made of, as the bundler itself names them. */
export interface BundleInputs {
  /** For each `build` whose output belongs to the bundle. */
  plugin: Plugin;
  /** `file`: absolute. For what is copied beside the bundler. */
  add(file: string): void;
  /** Writes down what was in them, for `areInputsUnchanged`, once the bundle is there. */
  record(bundle: string): Promise<void>;
}

export function collectInputs(): BundleInputs {
  const begunAtMs = Date.now();
  const files = new Set<string>([LOCK_FILE]);
  const add = (file: string): void => {
    files.add(file);
  };
  return {
    plugin: {
      name: 'postern:inputs',
      configResolved({ configFileDependencies, publicDir }) {
        for (const file of configFileDependencies) add(file);
        if (publicDir !== '') for (const file of filesIn(publicDir)) add(file);
      },
      buildEnd() {
        // Some modules are the bundler's own or Node's, and some carry a query.
        for (const id of this.getModuleIds()) if (path.isAbsolute(id)) add(id.replace(/\?.*$/, ''));
      },
    },
    add,
    async record(bundle) {
      const entries = [...files].filter(isOurs).map((file) => {
        const isAsItWas = statSync(file).mtimeMs < begunAtMs;
        return [path.relative(checkout, file), isAsItWas ? hashOf(file) : null];
      });
      await writeFileAtomic(fileOf(bundle), JSON.stringify(Object.fromEntries(entries), null, 2));
    },
  };
}

/** Whether every file that went into the bundle holds what it held then. */
export function areInputsUnchanged(bundle: string): boolean {
  if (!existsSync(fileOf(bundle))) return false;
  const made = inputsFile.parse(JSON.parse(readFileSync(fileOf(bundle), 'utf8')));
  return Object.entries(made).every(([name, hash]) => {
    const file = path.join(checkout, name);
    return hash !== null && existsSync(file) && hashOf(file) === hash;
  });
}

export function filesIn(place: string): string[] {
  return globSync(path.join(place, '**/*'), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function isOurs(file: string): boolean {
  const name = path.relative(checkout, file);
  return !name.startsWith('..') && !path.isAbsolute(name) && !name.split(path.sep).includes('node_modules');
}

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
