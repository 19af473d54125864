import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programLog } from './program-log.ts';

test('levels are words, times ISO 8601, and an IPv4 address is one', () => {
  const lines: string[] = [];
  const log = programLog(
    { level: 'info', base: { gateway: 'wg0' } },
    { write: (line) => void lines.push(line) },
  );
  log.warn({ ip: '::ffff:192.0.2.7' }, 'answered');
  log.info({ ip: '2001:db8::1' }, 'answered');
  log.debug('not heard');
  log.level = 'debug';
  log.debug('heard');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      gateway: 'wg0',
      ip: '192.0.2.7',
      msg: 'answered',
    },
    expect.objectContaining({ ip: '2001:db8::1' }),
    expect.objectContaining({ level: 'debug', msg: 'heard' }),
  ]);
});

test.each([
  ['JSON elsewhere', [], /^\{"level":"info","time":"20[^"]+","port":443,"msg":"ready"\}\s*$/],
  // script(1) gives it a terminal of its own.
  [
    'a line for people on a terminal',
    ['-qec'],
    /^\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO.*: .*ready.*"?port"?:.*443/,
  ],
])('standard output gets %s', (_, terminal, shape) => {
  const program = `
    const { openProgramLog } = await import('${join(import.meta.dirname, 'program-log.ts')}');
    (await openProgramLog({ level: 'info' })).info({ port: 443 }, 'ready');`;
  const args = ['--input-type=module', '-e', program];
  const quoted = [process.execPath, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ');
  const [file, ...rest] =
    terminal.length === 0 ? [process.execPath, ...args] : ['script', ...terminal, quoted, '/dev/null'];
  const { stdout } = spawnSync(file, rest, { encoding: 'utf8' });
  expect(stdout).toMatch(shape);
});
