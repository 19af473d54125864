import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

const checkout = path.resolve(import.meta.dirname, '../..');
const manifest = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8')));

const step = z.union([
  z.strictObject({
    name: z.string().optional(),
    uses: z.string(),
    with: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    name: z.string().optional(),
    if: z.string().optional(),
    run: z.string(),
    env: z.record(z.string(), z.string()).optional(),
  }),
]);
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() }).optional(),
  jobs: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      strategy: z
        .strictObject({ 'fail-fast': z.boolean(), matrix: z.strictObject({ system: z.array(z.string()) }) })
        .optional(),
      needs: z.string().optional(),
      permissions: z.strictObject({ contents: z.literal('write') }).optional(),
      'runs-on': z.string(),
      'timeout-minutes': z.number(),
      steps: z.array(step),
    }),
  ),
});

const files = globSync('.github/workflows/*.yml', { cwd: checkout }).sort();

test('there is one workflow to test and one to release', () => {
  expect(files.map((file) => path.basename(file))).toEqual(['ci.yml', 'release.yml']);
});

describe.each(files)('%s', (file) => {
  const text = readFileSync(path.join(checkout, file), 'utf8');
  const { jobs } = workflow.parse(parse(text));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const commands = steps.flatMap((each) => ('run' in each ? [each.run] : []));

  test('runs on Linux, macOS and Windows', () => {
    const systems = Object.values(jobs).flatMap((job) => job.strategy?.matrix.system ?? []);
    for (const name of ['ubuntu', 'macos', 'windows'])
      expect(systems.some((system) => system.startsWith(name))).toBe(true);
  });

  test('takes actions of GitHub only, each pinned to a major version', () => {
    const actions = steps.flatMap((each) => ('uses' in each ? [each.uses] : []));
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^actions\/[a-z-]+@v\d+$/);
  });

  test('no secret and no text from outside stands in a command: both come as variables', () => {
    for (const command of commands) expect(command).not.toMatch(/\$\{\{/);
    for (const command of commands) expect(command).not.toMatch(/\b(printenv|set -x)\b/);
  });

  test('every npm script that it calls is there', () => {
    const called = commands.flatMap((command) =>
      [...command.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]),
    );
    for (const name of called) expect(Object.keys(manifest.scripts)).toContain(name);
  });
});

test('a pull request gets no secret', () => {
  expect(readFileSync(path.join(checkout, '.github/workflows/ci.yml'), 'utf8')).not.toContain('secrets.');
});
