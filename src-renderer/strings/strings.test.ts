import { expect, test } from 'vitest';
import { leaves } from '../../src-ui/strings/leaves.ts';
import { de } from './de.ts';
import { en } from './en.ts';

test('no German string was left in English', () => {
  const german = new Map(leaves(de));
  const same = leaves(en).filter(([path, text]) => german.get(path) === text);
  const allowed = new Set([
    'Start',
    'Server',
    'Tunnel',
    'Gateway',
    'Normal',
    'English',
    'Deutsch',
    'PIN',
    'Windows Hello',
    'Gateways',
  ]);
  expect(same.filter(([, text]) => !allowed.has(text))).toEqual([]);
  expect([...german.keys()]).toEqual(leaves(en).map(([path]) => path));
});
