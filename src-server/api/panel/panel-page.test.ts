import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from '../../app.ts';
import { createMetrics } from '../../metrics/metrics.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';

let server: TestServer;
let app: Awaited<ReturnType<typeof buildApp>>;
const folder = mkdtempSync(join(tmpdir(), 'postern-panel-page-'));
beforeAll(async () => {
  mkdirSync(join(folder, 'panel/assets'), { recursive: true });
  writeFileSync(join(folder, 'panel/index.html'), '<!doctype html><title>Panel</title>');
  writeFileSync(join(folder, 'panel/assets/index-Ab12.js'), 'export {};');
  writeFileSync(join(folder, 'panel/icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  server = await startTestServer();
  app = await buildApp(server.ctx, {
    metrics: createMetrics(),
    enforcement: server.parts,
    panelDir: join(folder, 'panel'),
  });
});
afterAll(async () => {
  await app.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

test.each(['/', '/account', '/members/01a2?tab=devices', '/mfa-reset'])('%s is the page', async (url) => {
  const { statusCode, headers, body } = await app.inject({ url });
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toContain('text/html');
  expect(headers['cache-control']).toBe('no-cache');
  expect(body).toContain('<title>Panel</title>');
});

test('no answer lets anything in that is not of this server', async () => {
  for (const url of [
    '/',
    '/account',
    '/assets/index-Ab12.js',
    '/healthz',
    '/panel/v1/session',
    '/client/v1/x',
  ]) {
    const { headers } = await app.inject({ url });
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  }
});

test('a page that is built anew while the server runs is served whole', async () => {
  writeFileSync(join(folder, 'panel/assets/index-Ef56.js'), 'export const isNew = true;');
  expect((await app.inject({ url: '/assets/index-Ef56.js' })).body).toContain('isNew');
  expect((await app.inject({ url: '/icon.svg' })).headers['content-type']).toContain('image/svg');
});

test('what is named by its content is kept for good', async () => {
  const { headers } = await app.inject({ url: '/assets/index-Ab12.js' });
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(headers['content-type']).toContain('javascript');
});

test.each([
  '/panel/v1/nothing',
  '/client/v1/nothing',
  '/api/v1/nothing',
  '/gateway/v1/nothing',
  '/assets/old-Cd34.js',
  '/.well-known/nothing',
])('%s is a problem and no page', async (url) => {
  const { statusCode, headers } = await app.inject({ url });
  expect(statusCode).toBe(404);
  expect(headers['content-type']).toContain('application/problem+json');
});

test.each(['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2f..%2fsecret.txt', '/..%5csecret.txt'])(
  '%s leads to nothing outside',
  async (url) => {
    expect((await app.inject({ url })).body).not.toContain('secret\n');
    expect((await app.inject({ url })).body).not.toBe('secret');
  },
);

test('a page is read, never posted to', async () => {
  expect((await app.inject({ url: '/account', method: 'POST' })).statusCode).toBe(404);
});
