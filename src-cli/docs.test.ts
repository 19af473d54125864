import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from './context/exit-codes.ts';
import { viewSchema } from './view/view-schema.ts';

/** Without the padding of the tables. */
const page = readFileSync(join(import.meta.dirname, '../docs/cli.md'), 'utf8').replace(/ +/g, ' ');

test('the manual lists every exit code as it is', () => {
  for (const [name, { code, meaning }] of Object.entries(exitCodes))
    expect(page).toContain(`| ${code} | \`${name}\` | ${meaning} |`);
});

test('the manual names every key and phase of a snapshot', () => {
  for (const key of Object.keys(viewSchema.shape)) expect(page).toContain(`\`${key}`);
  for (const phase of viewSchema.shape.phase.options) expect(page).toContain(`\`${phase}\``);
});
