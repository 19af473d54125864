import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { ok } from '../../src-shared/problem.ts';
import { defineCaller } from './caller.ts';

test('a handler that stands outside of the guard gets no caller, not even the one of a request before', async () => {
  const app = Fastify();
  const name = defineCaller<{ name: string }>('name');
  await app.register(async (guarded) => {
    name.guard(guarded, async () => ok({ name: 'Ada' }));
    guarded.get('/guarded', (request) => name.of(request));
  });
  app.get('/outside', (request) => name.of(request));
  expect((await app.inject('/guarded')).json()).toEqual({ name: 'Ada' });
  expect((await app.inject('/outside')).statusCode).toBe(500);
  await app.close();
});
