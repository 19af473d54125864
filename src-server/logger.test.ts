import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { makeLogger, secretFields } from './logger.ts';

/** What may stand in the log of the text that crosses the server's boundary. A new field comes here, or into `secretFields`. */
const harmless = [
  ...[
    'id',
    'leaseId',
    'gatewayId',
    'memberId',
    'deviceId',
    'factorId',
    'challengeId',
    'credentialId',
    'incidentId',
  ],
  ...['member_id', 'gateway_id', 'incident_id', 'created_id', 'moveOf', 'exemptDevices', 'keepApiTokens'],
  ...[
    'name',
    'names',
    'memberName',
    'deviceName',
    'gatewayName',
    'serverName',
    'teamName',
    'apiTokens',
    'host',
  ],
  ...[
    'device_name',
    'gateway_name',
    'email',
    'username',
    'requestedBy',
    'actor',
    'subject',
    'action',
    'actions',
  ],
  ...[
    'wgPublicKey',
    'publicKey',
    'serverKey',
    'nonce',
    'salt',
    'issuer',
    'aud',
    'version',
    'appVersion',
    'features',
  ],
  ...[
    'platform',
    'phase',
    'accepts',
    'message',
    'warning',
    'reason',
    'why',
    'detail',
    'remedy',
    'error',
    'outcome',
  ],
  ...[
    'serverAddress',
    'guardFailed',
    'address',
    'addresses',
    'ip_address',
    'endpoint',
    'allowedIps',
    'networks',
  ],
  ...[
    'subnet',
    'subnet6',
    'dns',
    'dnsDomains',
    'dnsSearch',
    'peers',
    'search',
    'cursor',
    'from',
    'to',
    'start',
    'end',
  ],
  ...['before', 'after', 'connected_at', 'created_at'],
];

const shared = join(import.meta.dirname, '../src-shared');
const contracts = [
  ...['client-api', 'client-channel', 'challenge', 'gateway-channel', 'integration-api', 'unlock'],
  ...readdirSync(join(shared, 'panel'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => `panel/${file.slice(0, -'.ts'.length)}`),
];

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Whether it is text of any wording, or a list of such. */
function isFreeText(schema: JsonSchema): boolean {
  if (schema.type === 'string')
    return schema.enum === undefined && schema.const === undefined && schema.format !== 'date-time';
  const parts = [schema.anyOf, schema.oneOf, schema.allOf, schema.items].flat();
  return parts.some((part) => typeof part === 'object' && isFreeText(part));
}

function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as JsonSchema;
  const own = Object.entries(properties).filter(([, type]) => typeof type === 'object' && isFreeText(type));
  return [...own.map(([name]) => name), ...Object.values(schema).flatMap(fieldsOf)];
}

test('a field of text in a contract is either hidden from the log or known to be harmless', async () => {
  const fields = new Set<string>();
  for (const contract of contracts)
    for (const schema of Object.values(await import(join(shared, `${contract}.ts`))))
      if (schema instanceof z.ZodType)
        for (const io of ['input', 'output'] as const)
          for (const field of fieldsOf(z.toJSONSchema(schema, { io, unrepresentable: 'any' })))
            fields.add(field);
  expect(fields.size).toBeGreaterThan(80);
  const secret = new Set(secretFields);
  expect([...fields].filter((field) => !secret.has(field) && !harmless.includes(field))).toEqual([]);
  expect(harmless.filter((field) => secret.has(field))).toEqual([]);
});

test('none of them is written, wherever it stands in a log object', () => {
  const lines: string[] = [];
  const log = makeLogger('info', { write: (line) => void lines.push(line) });
  for (const field of secretFields) {
    const found = { [field]: 'hunter2' };
    log.info({ ...found, body: found, deeper: { body: found } }, 'answered');
    log.child(found).info('answered');
  }
  expect(lines).toHaveLength(2 * secretFields.length);
  expect(lines.filter((line) => line.includes('hunter2'))).toEqual([]);
});

const found = { token: 'hunter2' };
const inError = Object.assign(new Error('refused'), found);
const bare: object = Object.assign(Object.create(null), found);
class Answer {
  readonly token = 'hunter2';
}
const around: Record<string, unknown> = { ...found };
around.itself = around;
const throwing = Object.defineProperty({ other: 1 }, 'read', {
  enumerable: true,
  get() {
    throw new Error('no such thing');
  },
});

test.each([
  ['in a list', { members: [found] }],
  ['in an object of nobody', { bare }],
  ['in an object of a class', { answer: new Answer() }],
  ['in an error', { error: inError }],
  [
    'in the error of an error',
    { err: Object.assign(new Error('no'), { inner: inError, response: { issues: [found] } }) },
  ],
  ['in one of several errors', { err: new AggregateError([inError], 'several') }],
  ['in what an object says of itself', { said: { toJSON: () => found } }],
  ['in capitals', { headers: { Authorization: 'Bearer hunter2' } }],
  ['in an object that has itself', around],
])('nor %s, in a line or in what a child has in each', (_, object) => {
  const lines: string[] = [];
  const log = makeLogger('info', { write: (line) => void lines.push(line) });
  log.info(object, 'answered');
  log.child(object).info('answered');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('')).toContain('[redacted]');
});

test('what cannot be read is said in its place; errors keep their words, their causes and their codes', () => {
  const lines: string[] = [];
  const log = makeLogger('info', { write: (line) => void lines.push(line) });
  log.info(throwing, 'went on');
  const cause = new Error('the disk is full');
  log.error({ err: Object.assign(new Error('not written', { cause }), { code: 'ENOSPC' }) }, 'failed');
  log.error({ err: null, at: new Date(0), bytes: 3n.toString() }, 'nothing');
  const [first = '', second = '', third = ''] = lines;
  expect(JSON.parse(first)).toMatchObject({ unreadable: 'no such thing', msg: 'went on' });
  expect(JSON.parse(second).err).toMatchObject({
    ...{ type: 'Error', message: 'not written: the disk is full', errorCode: 'ENOSPC' },
    stack: expect.stringContaining('caused by: Error: the disk is full'),
  });
  expect(JSON.parse(third)).toMatchObject({ err: null, at: '1970-01-01T00:00:00.000Z' });
});
