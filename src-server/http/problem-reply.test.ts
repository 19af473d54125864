import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { sendProblem } from './problem-reply.ts';

async function answerOf(refusal: Problem) {
  const app = Fastify();
  app.get('/', (_request, reply) => sendProblem(reply, refusal));
  const answer = await app.inject('/');
  await app.close();
  return answer;
}

test('a wait is told in whole seconds, rounded up', async () => {
  const answer = await answerOf(problem('too-many-attempts', undefined, { retryAfterMs: 1_001 }));
  expect(answer.statusCode).toBe(429);
  expect(answer.headers['retry-after']).toBe('2');
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json()).toMatchObject({ code: 'too-many-attempts', retryAfterMs: 1_001 });
});

test.each(['step-up-required', 'challenge-invalid'] as const)(
  '%s carries the header of RFC 9470',
  async (code) => {
    const challenge = {
      id: '01a1ffbd-8da2-7710-bc82-16adeaf130c7',
      nonce: 'bm9uY2U',
      requires: ['totp', 'unlock'],
      unlockMethods: ['pin'],
      reason: null,
      expiresAt: '2026-11-21T19:32:00.000Z',
    };
    const answer = await answerOf(problem(code, undefined, { challenge }));
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="totp unlock", max_age="0"',
    );
    expect(answer.json().challenge).toEqual(challenge);
  },
);

test('a wrong code is no reason for a browser or client to ask for a token', async () => {
  expect((await answerOf(problem('invalid-code'))).headers).not.toHaveProperty('www-authenticate');
});
