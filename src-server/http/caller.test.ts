import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { fail, ok } from '../../src-shared/problem.ts';
import { defineCaller } from './caller.ts';
import { addBudgets } from './request-budgets.ts';

const byName = ({ name }: { name: string }): string => name;
async function makeApp() {
  const app = Fastify();
  await app.register(rateLimit, { global: false });
  addBudgets(app, { known: 100, strangers: 100 });
  return app;
}

test('a handler that stands outside of the guard gets no caller, not even the one of a request before', async () => {
  const app = await makeApp();
  const name = defineCaller('name', byName);
  await app.register(async (guarded) => {
    name.guard(guarded, async () => ok({ name: 'Ada' }));
    guarded.get('/guarded', (request) => name.of(request));
  });
  app.get('/outside', (request) => name.of(request));
  expect((await app.inject('/guarded')).json()).toEqual({ name: 'Ada' });
  expect((await app.inject('/outside')).statusCode).toBe(500);
  await app.close();
});

test('who is ended while the body is on its way does nothing any more', async () => {
  const app = await makeApp();
  const name = defineCaller('name', byName);
  let isAlive = true;
  let asked = 0;
  let done = 0;
  await app.register(async (guarded) => {
    name.guard(guarded, async () => {
      asked += 1;
      return isAlive ? ok({ name: 'Ada' }) : fail('session-invalid');
    });
    guarded.post('/guarded', () => {
      done += 1;
      return {};
    });
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = { 'content-type': 'application/json', 'content-length': 2 };
  const call = request(`${url}/guarded`, { method: 'POST', headers });
  call.flushHeaders();
  await expect.poll(() => asked).toBe(1);
  isAlive = false;
  call.end('{}');
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(401);
  expect(done).toBe(0);
  await app.close();
});
