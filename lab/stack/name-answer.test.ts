import { expect, test } from 'vitest';
import { answerName, SERVER_NAME } from './name-answer.ts';

function query(name: string, type = 1): Buffer {
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1])]);
}
const addressIn = (answer: Buffer | null) => answer && [...answer.subarray(-4)].join('.');
const ask = (name: string) => answerName(query(name), '10.0.0.1', '10.0.0.200');

test('the server has its address, every other name that of the host in the internet', () => {
  expect(addressIn(ask(SERVER_NAME))).toBe('10.0.0.1');
  expect(addressIn(ask(SERVER_NAME.toUpperCase()))).toBe('10.0.0.1');
  expect(addressIn(ask('example.com'))).toBe('10.0.0.200');
});

test('an answer has the number and the question of the query, and no address of another type', () => {
  const answer = ask('example.com');
  expect(answer?.subarray(0, 12).toString('hex')).toBe('123481800001000100000000');
  expect(answer?.subarray(12, 29)).toEqual(query('example.com').subarray(12));
  const other = answerName(query('example.com', 28), '10.0.0.1', '10.0.0.200');
  expect(other?.subarray(4, 8).toString('hex')).toBe('00010000');
  expect(other).toHaveLength(query('example.com').length);
});

test('what is no query gets no answer', () => {
  const cut = query('example.com').subarray(0, 20);
  for (const bad of [Buffer.alloc(0), Buffer.alloc(12), Buffer.alloc(40, 0xff), cut])
    expect(answerName(bad, '10.0.0.1', '10.0.0.200')).toBeNull();
});
