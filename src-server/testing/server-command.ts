import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Said } from '../../src-node/testing/as-program.ts';
import { commandHere } from './command-here.ts';
import type { TestServer } from './test-server.ts';

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
  return (...words) => commandHere([...words, '--config', config]);
}
