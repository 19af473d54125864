import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

it('misses no confirmation that came before the wait for it', async () => {
  const { pending } = server.parts;
  const written = pending.markEnforced([{ leaseId: 'a' }]);
  expect(await pending.waitFor(['a'], 50)).toBe(true);
  await written;
  expect(await pending.waitFor(['a'], 50)).toBe(true);
  expect(await pending.waitFor(['a', 'b'], 50)).toBe(false);
});
