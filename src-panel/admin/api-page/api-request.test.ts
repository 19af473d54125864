import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCurl, toRequest } from './api-request.ts';
import { openApiDocument, operationsOf } from './openapi.ts';

const document = openApiDocument.parse({
  openapi: '3.0.3',
  paths: {
    '/client/v1/me': { get: { tags: ['client'] } },
    '/api/v1/member/{id}': {
      put: {
        summary: 'Change',
        tags: ['integration'],
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'trace', in: 'header', schema: { type: 'string' } },
        ],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['name'],
                properties: {
                  name: { type: 'string' },
                  is_blocked: { type: 'boolean' },
                  age: { type: 'integer' },
                  tags: { type: 'array' },
                },
              },
            },
          },
        },
      },
      get: {
        tags: ['integration'],
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'page', in: 'query', schema: { type: 'string' } },
        ],
      },
    },
  },
});
const [read, change] = operationsOf(document);
if (!read || !change) throw new Error('the document has two operations');

test('lists the operations of the integration API only, reading before writing', () => {
  expect(operationsOf(document).map(({ id }) => id)).toEqual([
    'GET /api/v1/member/{id}',
    'PUT /api/v1/member/{id}',
  ]);
});

test('puts each value where the document says, and leaves out what is empty', () => {
  expect(toRequest(read, { 'path.id': 'a/b', 'query.page': '2' }).request).toEqual({
    method: 'GET',
    target: '/api/v1/member/a%2Fb?page=2',
    body: null,
  });
  const values = {
    'path.id': 'x',
    'body.name': 'Ada',
    'body.is_blocked': 'true',
    'body.tags': '["a"]',
    'body.age': '',
  };
  expect(toRequest(change, values).request?.body).toBe('{"name":"Ada","is_blocked":true,"tags":["a"]}');
});

test('says which fields are missing or not understood, and makes no request of them', () => {
  const { request, errors } = toRequest(change, { 'body.age': 'old', 'body.tags': '[' });
  expect(request).toBe(null);
  expect(errors).toEqual({
    'path.id': 'missing',
    'body.name': 'missing',
    'body.age': 'number',
    'body.tags': 'json',
  });
});

test('the shell gives curl exactly what was filled in, whatever characters are in it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
      (name) => {
        const { request } = toRequest(change, { 'path.id': 'x', 'body.name': `'${name}` });
        if (request === null) throw new Error('refused');
        const line = toCurl('https://vpn.example.com', request);
        const fake = 'curl() { cat >/dev/null; printf "%s\\0" "$@"; }';
        const seen = execFileSync('/bin/sh', ['-c', `TOKEN=secret\n${fake}\n${line}`], { encoding: 'utf8' });
        expect(seen.split('\0')).toContain(request.body);
        expect(seen).not.toContain('secret');
      },
    ),
    { numRuns: 30 },
  );
});
