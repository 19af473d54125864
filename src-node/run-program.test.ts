import { describe, expect, it } from 'vitest';
import { findProgram, runProgram } from './run-program.ts';

describe('runProgram', () => {
  it('passes stdin and arguments as they are, without a shell', async () => {
    const result = await runProgram({ path: '/bin/cat', args: ['-'], stdin: '$(id) `id`\n' });
    expect(result).toMatchObject({ ok: true, stdout: '$(id) `id`\n' });
    const echoed = await runProgram({ path: '/bin/echo', args: ['$HOME', '; id'] });
    expect(echoed).toMatchObject({ ok: true, stdout: '$HOME ; id\n' });
  });

  it('hands over a scrubbed environment', async () => {
    process.env.POSTERN_SECRET_OF_THE_PARENT = 'x';
    const result = await runProgram({ path: '/usr/bin/env', args: [], env: { EXTRA: '1' } });
    delete process.env.POSTERN_SECRET_OF_THE_PARENT;
    expect(result.stdout.trim().split('\n').sort()).toEqual([
      'EXTRA=1',
      'LC_ALL=C',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  it('says as values why a program failed', async () => {
    expect(await runProgram({ path: '/bin/false', args: [] })).toMatchObject({
      ok: false,
      kind: 'failed',
      exitCode: 1,
    });
    expect(await runProgram({ path: '/no/such/program', args: [] })).toMatchObject({ kind: 'not-started' });
    expect(await runProgram({ path: '/bin/sleep', args: ['60'], timeoutMs: 50 })).toMatchObject({
      kind: 'timed-out',
    });
    const early = await runProgram({ path: '/bin/true', args: [], stdin: 'x'.repeat(1_000_000) });
    expect(early.ok).toBe(true);
  });

  it('refuses a relative path and finds programs only in the system directories', () => {
    expect(() => runProgram({ path: 'cat', args: [] })).toThrow('absolute');
    expect(findProgram('sh')).toMatch(/^\/(usr\/)?bin\/sh$/);
    expect(findProgram('no-such-program-here')).toBeNull();
  });
});
