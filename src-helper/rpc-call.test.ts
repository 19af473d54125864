import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rpcMessage } from '../src-shared/helper-rpc.ts';
import { problem } from '../src-shared/problem.ts';
import { decodeLine, errorLine, problemLine, resultLine } from './rpc-call.ts';

const key = 'A'.repeat(43);
const request = (method: unknown, params?: unknown, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const answered = (line: string) => {
  const decoded = decodeLine(line);
  return decoded.ok ? null : JSON.parse(decoded.answer);
};

it('reads the four calls', () => {
  const params = { lease: 'a.b.c', privateKey: key };
  expect(decodeLine(request('up', params))).toEqual({ ok: true, id: 1, call: { method: 'up', params } });
  expect(decodeLine(request('down', {}, 'x'))).toMatchObject({ ok: true, id: 'x', call: { method: 'down' } });
  expect(decodeLine(request('status'))).toMatchObject({ ok: true, call: { method: 'status', params: {} } });
  expect(decodeLine(request('stricter', { mode: 'gate' }))).toMatchObject({ ok: true });
});

it.each([
  ['{', -32_700, null],
  ['[]', -32_600, null],
  ['null', -32_600, null],
  ['{"jsonrpc":"1.0","id":4,"method":"up"}', -32_600, 4],
  ['{"jsonrpc":"2.0","method":"down"}', -32_600, null],
  [request('constructor'), -32_601, 1],
  [request('exec', { command: 'id' }), -32_601, 1],
  [request('up', { lease: 'a.b.c' }), -32_602, 1],
  [request('up', { lease: 'a.b.c', privateKey: 'short' }), -32_602, 1],
  [request('up', { lease: 'x'.repeat(8193), privateKey: key }), -32_602, 1],
  [request('down', { force: true }), -32_602, 1],
  [request('down', []), -32_602, 1],
  [request('stricter', { mode: 'maybe' }), -32_602, 1],
])('answers %s with %i', (line, code, id) => {
  expect(answered(line)).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
});

it('never tells a key in an error', () => {
  const secret = `${'s3cr3t'.repeat(7)}!`;
  expect(JSON.stringify(answered(request('up', { lease: 'a.b.c', privateKey: secret })))).not.toContain(
    's3cr3t',
  );
});

it('never throws, whatever arrives, and answers what the client can parse', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.anything().map((value) => request('up', value)),
  );
  fc.assert(
    fc.property(anything, (line) => {
      const decoded = decodeLine(line);
      if (!decoded.ok) rpcMessage.parse(JSON.parse(decoded.answer));
    }),
  );
});

it('writes one line each', () => {
  const lines = [
    resultLine(1, { a: '\n' }),
    errorLine(null, -1, '\n'),
    problemLine(2, problem('controller-busy')),
  ];
  for (const line of lines) {
    expect(line.indexOf('\n')).toBe(line.length - 1);
    rpcMessage.parse(JSON.parse(line));
  }
});
