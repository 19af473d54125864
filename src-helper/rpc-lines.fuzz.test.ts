import fc from 'fast-check';
import { test } from 'vitest';
import { rpcMessage } from '../src-shared/helper-rpc.ts';
import { fuzz, hostileJson, hostileText, hostileValue } from '../src-shared/testing/fuzz.ts';
import { decodeLine } from './rpc-call.ts';

const methods = ['up', 'down', 'guard', 'stricter', 'portal', 'refresh', 'status', 'release', 'hello'];
const request = fc.record(
  {
    jsonrpc: fc.constantFrom<unknown>('2.0', '1.0', 2),
    id: fc.oneof(fc.integer(), hostileValue),
    method: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...methods) }, hostileText),
    params: fc.oneof(
      fc.dictionary(fc.constantFrom('lease', 'privateKey', 'guard', 'mode', '__proto__'), hostileValue),
      hostileValue,
    ),
  },
  { requiredKeys: [] },
);

const { name, run, timeoutMs } = fuzz(
  'every line to the helper is a call, or is answered with an error that the client reads',
  fc.oneof({ weight: 5, arbitrary: hostileJson(request) }, hostileText),
  (line) => {
    const decoded = decodeLine(line);
    if (!decoded.ok) rpcMessage.parse(JSON.parse(decoded.answer));
  },
  { tries: 5000 },
);
test(name, run, timeoutMs);
