import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HelperBench } from './helper-bench.ts';

const bench = new HelperBench();
beforeAll(async () => {
  await bench.start();
  await bench.trust();
  await bench.startHelper();
});
afterAll(() => bench.close());

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

it('brings a tunnel up without keeping a person waiting', async () => {
  const answers: number[] = [];
  const changes: number[] = [];
  const echoes: number[] = [];
  const downs: number[] = [];
  for (let round = 0; round < 30; round++) {
    const client = await bench.connect();
    const { params } = await bench.lease();
    const probe = bench.probe('10.77.0.1', 0, 1);
    await delay(30);
    const startedAt = monotonicMs();
    const since = performance.now();
    await client.call('up', params);
    answers.push(monotonicMs() - startedAt);
    changes.push((await client.change(({ phase }) => phase === 'up', since)).at - since);
    const { firstAtMs } = await probe;
    echoes.push((firstAtMs ?? Number.NaN) - startedAt);
    const downAt = monotonicMs();
    await client.call('down');
    downs.push(monotonicMs() - downAt);
    await client.close();
  }
  const figures = { answers, changes, echoes, downs };
  const shown = Object.entries(figures).map(([name, values]) => `${name} ${median(values).toFixed(1)} ms`);
  console.info(`up → medians of 30: ${shown.join(', ')}`);
  expect(median(echoes)).toBeLessThan(1000);
});
