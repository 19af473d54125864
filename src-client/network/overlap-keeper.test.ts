import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { HelperStatus, OverlapSide } from '../../src-shared/helper-rpc.ts';
import type { Overlap } from '../../src-shared/overlap.ts';
import { type Problem, problem } from '../../src-shared/problem.ts';
import { defaultSettings, type Settings } from '../settings/settings.ts';
import { closedGuard } from '../testing/guards.ts';
import { helperDown } from '../testing/scripted-helper.ts';
import { OverlapKeeper } from './overlap-keeper.ts';

const HOME = ['192.168.1.0/24'];

describe('a network that the team and the place both have', () => {
  let settings: Settings;
  let keeper: OverlapKeeper;
  let shown: Overlap | null;
  let tells: number;
  let told: (Overlap | null)[];
  let rests: number;
  let calls: OverlapSide[];
  let network: string | null;
  let features: string[];
  /** What the helper says to the call. */
  let refusal: Problem | null;
  let isDeaf: boolean;
  let status: HelperStatus;
  const hear = (change: Partial<HelperStatus> = {}) => {
    status = { ...status, ...change };
    keeper.heard(status);
  };
  const settle = async () => {
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  };
  function open() {
    keeper = new OverlapKeeper({
      helper: {
        get about() {
          return { version: '1', features };
        },
        overlap: async (side) => {
          calls.push(side);
          await Promise.resolve();
          if (!refusal && !isDeaf) hear({ overlapSide: side });
          return refusal;
        },
      },
      attachment: () => network,
      onChange: (overlap) => {
        tells += 1;
        shown = overlap;
        told.push(overlap);
      },
      onRest: () => {
        rests += 1;
      },
      log: pino({ level: 'silent' }),
    });
    keeper.open({
      get current() {
        return settings;
      },
      change: (change) => {
        settings = { ...settings, ...change };
      },
    });
  }
  /** A new tunnel, where the helper begins with the network that is here. */
  const connect = (leaseId: string, overlaps = HOME) =>
    hear({ phase: 'up', leaseId, overlaps, overlapSide: 'local' });
  beforeEach(() => {
    settings = defaultSettings('00000000-0000-4000-8000-000000000001');
    calls = [];
    shown = null;
    tells = 0;
    told = [];
    rests = 0;
    network = 'router 1';
    features = ['overlap'];
    refusal = null;
    isDeaf = false;
    status = helperDown;
    open();
  });

  it('is asked about once, and told only when it is another', () => {
    connect('a');
    expect(shown).toEqual({ networks: HOME, side: 'local', choice: 'open' });
    hear({ rxBytes: 99 });
    expect(tells).toBe(1);
    hear({ phase: 'down' });
    expect(shown).toBeNull();
  });

  it('is whose the user says, and stays so after a reconnect and a restart without being asked about', async () => {
    connect('a');
    expect(await keeper.choose('team')).toEqual({ ok: true, value: undefined });
    expect(shown).toEqual({ networks: HOME, side: 'team', choice: 'made' });
    hear({ phase: 'down' });
    open();
    connect('b');
    await settle();
    expect(calls).toEqual(['team', 'team']);
    expect(shown).toEqual({ networks: HOME, side: 'team', choice: 'made' });
  });

  it('is told only at rest: not while a side that was given or remembered is being carried out', async () => {
    connect('a');
    told = [];
    await keeper.choose('team');
    expect(told).toEqual([{ networks: HOME, side: 'team', choice: 'made' }]);
    expect(rests).toBe(0);
    hear({ phase: 'down' });
    told = [];
    connect('b');
    hear({ rxBytes: 1 });
    expect(told).toEqual([]);
    await settle();
    expect(told).toEqual([{ networks: HOME, side: 'team', choice: 'made' }]);
    expect(rests).toBe(1);
  });

  it('is no more, at once, when the connection goes while a side is being carried out', async () => {
    connect('a');
    await keeper.choose('team');
    connect('b');
    hear({ phase: 'down' });
    expect(shown).toBeNull();
    isDeaf = true;
    await settle();
    expect(shown).toBeNull();
  });

  it('is carried out for the connection that came meanwhile too', async () => {
    connect('a');
    await keeper.choose('team');
    isDeaf = true;
    connect('b');
    connect('c');
    isDeaf = false;
    await settle();
    expect(shown).toEqual({ networks: HOME, side: 'team', choice: 'made' });
  });

  it('can be given back', async () => {
    connect('a');
    await keeper.choose('team');
    await keeper.choose('local');
    expect(shown).toEqual({ networks: HOME, side: 'local', choice: 'made' });
    connect('b');
    await settle();
    expect(calls).toEqual(['team', 'local']);
    expect(shown).toMatchObject({ side: 'local', choice: 'made' });
  });

  it('that it stays as it is can be said, and is not asked again', async () => {
    connect('a');
    await keeper.choose('local');
    expect(calls).toEqual([]);
    hear({ phase: 'down' });
    connect('b');
    expect(shown).toMatchObject({ choice: 'made', side: 'local' });
  });

  it('is another one elsewhere, and with other addresses', async () => {
    connect('a');
    await keeper.choose('team');
    network = 'router 2';
    connect('b');
    expect(shown).toMatchObject({ choice: 'open' });
    network = 'router 1';
    connect('c', ['10.0.0.0/8', ...HOME]);
    expect(shown).toMatchObject({ choice: 'open' });
    await settle();
    expect(calls).toEqual(['team']);
  });

  it('is known by its addresses alone where the place has no name', async () => {
    network = null;
    connect('a', ['10.0.0.0/8', ...HOME]);
    await keeper.choose('team');
    connect('b', [...HOME, '10.0.0.0/8']);
    await settle();
    expect(shown).toMatchObject({ side: 'team', choice: 'made' });
  });

  it.each([
    ['refuses', problem('tunnel-failed')],
    ['does not carry out', null],
  ])(
    'is asked about again where the helper %s what was said, which is not tried for ever',
    async (_, said) => {
      connect('a');
      await keeper.choose('team');
      hear({ phase: 'down' });
      refusal = said;
      isDeaf = true;
      connect('b');
      await settle();
      hear({ rxBytes: 1 });
      await settle();
      expect(calls).toEqual(['team', 'team']);
      expect(shown).toMatchObject({ side: 'local', choice: 'open' });
      isDeaf = false;
      refusal = null;
      connect('c');
      await settle();
      expect(shown).toMatchObject({ side: 'team', choice: 'made' });
    },
  );

  it('stays where it is when the helper refuses the choice, which is not remembered', async () => {
    connect('a');
    refusal = problem('tunnel-failed');
    expect(await keeper.choose('team')).toMatchObject({ problem: { code: 'tunnel-failed' } });
    expect(settings.overlapSides).toEqual({});
    expect(shown).toMatchObject({ side: 'local', choice: 'open' });
  });

  it('is the team’s while there is a guard, whatever was said, and there is no choice', async () => {
    connect('a');
    await keeper.choose('local');
    hear({ guard: closedGuard({ holds: 'nothing' }), overlapSide: 'team' });
    expect(shown).toMatchObject({ side: 'team', choice: 'guard' });
    expect(await keeper.choose('local')).toMatchObject({ problem: { code: 'wrong-state' } });
    await settle();
    expect(calls).toEqual([]);
  });

  it('is only told of by a helper that cannot be asked', async () => {
    features = ['guard'];
    connect('a');
    expect(shown).toMatchObject({ side: 'local', choice: 'none' });
    expect(await keeper.choose('team')).toMatchObject({ problem: { code: 'not-supported' } });
  });

  it('is no choice without one, and nothing while the helper is away', async () => {
    expect(await keeper.choose('team')).toMatchObject({ problem: { code: 'wrong-state' } });
    connect('a');
    keeper.lost();
    expect(shown).toBeNull();
  });

  it('is forgotten only for that many others', async () => {
    for (let place = 0; place < 70; place++) {
      network = `router ${place}`;
      connect(`lease ${place}`);
      await keeper.choose('local');
    }
    const known = Object.keys(settings.overlapSides);
    expect(known).toHaveLength(64);
    expect(known.at(-1)).toContain('router 69');
  });
});
