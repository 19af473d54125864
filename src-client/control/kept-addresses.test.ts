import type { LookupAddress, LookupOptions } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { keepAddresses } from './kept-addresses.ts';

const v4 = { address: '203.0.113.5', family: 4 };
const v6 = { address: '2001:db8::5', family: 6 };
const moved = { address: '203.0.113.6', family: 4 };

/** A resolver that says what the test says, when it says it. */
function world(reserve: LookupAddress[] = []) {
  const questions: PromiseWithResolvers<LookupAddress[]>[] = [];
  const lookup = keepAddresses({
    reserve: () => reserve,
    resolve: () => {
      const question = Promise.withResolvers<LookupAddress[]>();
      questions.push(question);
      return question.promise;
    },
    patienceMs: 20,
  });
  const ask = (options: LookupOptions = { all: true }) =>
    new Promise<unknown>((resolve) => {
      lookup('vpn.example.com', options, (error, address, family) =>
        resolve(error ? error.code : options.all ? address : [address, family]),
      );
    });
  return { questions, ask };
}

describe('kept addresses', () => {
  it('of a server that was never found are the ones in reserve, while no resolver answers', async () => {
    const { questions, ask } = world([moved]);
    const refused = ask();
    questions[0]?.reject(Object.assign(new Error(), { code: 'EAI_AGAIN' }));
    expect(await refused).toEqual([moved]);
    expect(await ask()).toEqual([moved]);
    const unknown = ask();
    questions[1]?.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
    expect(await unknown).toBe('ENOTFOUND');
    const found = ask();
    questions[2]?.resolve([v4]);
    expect(await found).toEqual([v4]);
  });

  it('are those of the newest answer, whole or the first of a family', async () => {
    const { questions, ask } = world();
    const first = ask();
    questions[0]?.resolve([v4, v6]);
    expect(await first).toEqual([v4, v6]);
    const second = ask({ family: 6 });
    questions[1]?.resolve([v4, v6]);
    expect(await second).toEqual([v6.address, 6]);
    const third = ask({ all: false });
    questions[2]?.resolve([moved]);
    expect(await third).toEqual([moved.address, 4]);
  });

  it('stand in while nobody answers, and when the answer is a failure; a late answer is kept', async () => {
    const { questions, ask } = world();
    const first = ask();
    questions[0]?.resolve([v4]);
    await first;
    expect(await ask()).toEqual([v4]);
    expect(await ask()).toEqual([v4]);
    // One thread waits, however often is asked.
    expect(questions).toHaveLength(2);
    questions[1]?.resolve([moved]);
    await expect
      .poll(async () => {
        const again = ask();
        questions.at(-1)?.reject(Object.assign(new Error(), { code: 'EAI_AGAIN' }));
        return again;
      })
      .toEqual([moved]);
  });

  it('are none before the first answer: then the failure is told', async () => {
    const { questions, ask } = world();
    const first = ask();
    questions[0]?.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
    expect(await first).toBe('ENOTFOUND');
  });
});

describe('a request', () => {
  const server = createServer((_, response) => response.end('here'));
  afterEach(() => server.close());

  it('reaches the server by the address that is kept', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    let isDead = false;
    const lookup = keepAddresses({
      resolve: () =>
        isDead ? new Promise(() => undefined) : Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      patienceMs: 20,
    });
    const ask = async () => {
      const dispatcher = new Client(`http://vpn.invalid:${port}`, { connect: { lookup } });
      const { body } = await request(`http://vpn.invalid:${port}/`, { dispatcher });
      const text = await body.text();
      await dispatcher.close();
      return text;
    };
    expect(await ask()).toBe('here');
    isDead = true;
    expect(await ask()).toBe('here');
  });
});
