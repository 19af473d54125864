import { beforeEach, describe, expect, it } from 'vitest';
import { RoundTrips } from './round-trips.ts';

const gateway = (id: string) => ({ id, endpoint: `192.0.2.${id}:51820` });
const MINUTE_MS = 60_000;

describe('how near the gateways are', () => {
  let now: number;
  let isFree: boolean;
  let figures: Record<string, number>;
  let asked: string[];
  /** What is being measured, until it is answered. */
  let open: Map<string, (ms: number | null) => void>;
  let trips: RoundTrips;
  const answer = async (id: string, ms: number | null) => {
    open.get(`192.0.2.${id}:51820`)?.(ms);
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  };
  beforeEach(() => {
    now = 0;
    isFree = true;
    figures = {};
    asked = [];
    open = new Map();
    trips = new RoundTrips({
      measure: (endpoint) => {
        asked.push(endpoint);
        return new Promise((resolve) => open.set(endpoint, resolve));
      },
      monotonic: () => now,
      isPathFree: () => isFree,
      onFigures: (all) => {
        figures = all;
      },
    });
  });

  async function measured(id: string, ms: number | null) {
    const done = trips.measure([gateway(id)]);
    await answer(id, ms);
    await done;
  }

  it('is asked of four at a time, and told as each answers', async () => {
    const done = trips.measure(['1', '2', '3', '4', '5'].map(gateway));
    expect(asked).toHaveLength(4);
    await answer('2', 20);
    expect(figures).toEqual({ 2: 20 });
    expect(asked).toHaveLength(5);
    for (const id of ['1', '3', '4', '5']) await answer(id, id === '3' ? null : 30);
    await done;
    expect(figures).toEqual({ 1: 30, 2: 20, 4: 30, 5: 30 });
  });

  it('counts for ten minutes, that there is no answer too', async () => {
    await measured('1', 12);
    await measured('2', null);
    now = 10 * MINUTE_MS - 1;
    await trips.measure(['1', '2'].map(gateway));
    expect(asked).toHaveLength(2);
    now = 10 * MINUTE_MS;
    await measured('1', 14);
    expect(asked).toHaveLength(3);
    expect(figures).toEqual({ 1: 14 });
  });

  it('is asked anew on another network, and of a gateway that has moved', async () => {
    await measured('1', 12);
    trips.networkChanged();
    expect(figures).toEqual({});
    await measured('1', 80);
    expect(figures).toEqual({ 1: 80 });
    void trips.measure([{ id: '1', endpoint: '192.0.2.99:51820' }]);
    expect(asked.at(-1)).toBe('192.0.2.99:51820');
  });

  it('is not asked while a tunnel is up, and of a gateway without an endpoint', async () => {
    await trips.measure([{ id: '1', endpoint: null }]);
    isFree = false;
    await trips.measure([gateway('1')]);
    expect(asked).toEqual([]);
  });

  it('is not told of an answer that comes when a tunnel is on its way', async () => {
    const done = trips.measure(['1', '2'].map(gateway));
    await answer('1', 12);
    trips.abandon();
    await answer('2', 1);
    await done;
    expect(figures).toEqual({ 1: 12 });
    await measured('2', 30);
    expect(figures).toEqual({ 1: 12, 2: 30 });
  });

  it('is asked once for two who want to know', async () => {
    const both = Promise.all([trips.measure([gateway('1')]), trips.measure([gateway('1')])]);
    await answer('1', 12);
    await both;
    expect(asked).toHaveLength(1);
  });
});
