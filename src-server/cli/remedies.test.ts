import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverCommand } from '../testing/server-command.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

/** Nothing is changed by what is refused: one server is enough. */
let server: TestServer;
let run: ReturnType<typeof serverCommand>;
beforeAll(async () => {
  server = await startTestServer();
  run = serverCommand(server);
});
afterAll(() => server.close());

test.each([
  [['member', 'show', 'nobody'], '"postern-server member list" shows them'],
  [['gateway', 'show', 'nowhere'], '"postern-server gateway list" shows them'],
  [['token', 'revoke', 'SOX'], 'There is no token SOX that works. "postern-server token list" shows them'],
  [['token', 'confirm', 'SOX'], 'There is no token SOX that waits to be confirmed.'],
  [['audit', 'verify', '--archive', '/nowhere/2025.jsonl'], '--archive: /nowhere/2025.jsonl is not there.'],
  [['policy', 'set', 'idleSeconds=soon'], 'idleSeconds: expected a whole number'],
  [['policy', 'set', 'idleSeconds=1'], 'idleSeconds: expected at least 150'],
  [['policy', 'set', 'trafficWhileWaiting=on'], 'trafficWhileWaiting: expected off, gate, always'],
  [['policy', 'set', 'unlockMethods=pin,face'], 'unlockMethods: expected pin, uv-hw, uv-soft'],
  [['policy', 'set', 'mfarequired.client=true'], 'is mfaRequired.client meant?'],
  [['policy', 'set', 'mfa=true'], '"postern-server policy show" names all of them'],
])('%j says what would be right', async (words, sentence) => {
  expect((await run(...words)).stderr).toContain(sentence);
});
