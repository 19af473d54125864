import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { serverProgram } from '../cli/program.ts';
import type { TestServer } from './test-server.ts';

export interface Said {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs `postern-server` beside the running server, on a connection of its own to the database. */
export function serverCommand(
  { ctx }: TestServer,
  mail?: Readonly<Record<string, unknown>>,
): (...words: string[]) => Promise<Said> {
  const { issuer, databaseFile, keysDir } = ctx.config;
  const config = join(keysDir, 'server.toml');
  const lines = (settings: Readonly<Record<string, unknown>>) =>
    Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(
    config,
    [
      ...lines({ issuer, databaseFile, keysDir, teamName: 'Test' }),
      ...['[tls]', 'certFile = "unused"', 'keyFile = "unused"'],
      ...(mail ? ['[mail]', ...lines(mail)] : []),
    ].join('\n'),
  );
  return async (...words) => {
    const said = { stdout: '', stderr: '' };
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((piece) => {
        said[stream] += String(piece);
        return true;
      }),
    );
    try {
      await serverProgram().parseAsync([...words, '--config', config], { from: 'user' });
      return { status: Number(process.exitCode ?? 0), ...said };
    } finally {
      for (const spy of spies) spy.mockRestore();
      process.exitCode = undefined;
    }
  };
}
