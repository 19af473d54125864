import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GuardClaims, GuardMode } from '../../src-shared/guard.ts';
import { fail, ok } from '../../src-shared/problem.ts';
import type { GuardRules } from '../platform.ts';
import type { GuardDemand } from './demand.ts';
import { GUARD_FILE } from './guard-file.ts';
import { GuardKeeper } from './guard-keeper.ts';

const root = { user: '0', isAdministrator: true };
const ada = { user: '1000', isAdministrator: false };
const eve = { user: '1001', isAdministrator: false };
const HOUR_MS = 3_600_000;

/** What the kernel would hold, and how it can fail. */
class RecordedRules implements GuardRules {
  inForce: GuardDemand | null = null;
  isBroken = false;
  readonly isAvailable = true;
  attachedTo: string | null = 'home';
  #onStale: () => void = () => undefined;

  async apply(demand: GuardDemand | null): Promise<void> {
    if (this.isBroken) throw new Error('the kernel says no');
    this.inForce = demand;
  }
  attachment = () => this.attachedTo;
  onStale(listener: () => void): void {
    this.#onStale = listener;
  }
  look = () => this.#onStale();
  close = () => undefined;
}

describe('guard keeper', () => {
  const device = randomUUID();
  const other = randomUUID();
  let folder: string;
  let rules: RecordedRules;
  let now = 0;
  let seq = 0;
  let trusted: boolean;
  let isAlive: boolean;
  /** Goes on whatever is done to the other clock. */
  let monotonic: number;
  const opened: GuardKeeper[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pst-guard-'));
    rules = new RecordedRules();
    now = Date.parse('2026-05-01T12:00:00Z');
    seq = now;
    trusted = true;
    isAlive = false;
    monotonic = 1_000_000;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((keeper) => keeper.close()));
    rmSync(folder, { recursive: true });
  });

  const open = async (): Promise<GuardKeeper> => {
    const keeper = await GuardKeeper.open({
      file: join(folder, GUARD_FILE),
      rules,
      verify: (token) => (token === 'forged' ? fail('guard-invalid') : ok(JSON.parse(token))),
      isTrusted: () => trusted,
      isTunnelAlive: () => isAlive,
      now: () => now,
      monotonicNow: () => monotonic,
      log: pino({ level: 'silent' }),
    });
    opened.push(keeper);
    return keeper;
  };
  const word = (change: Partial<GuardClaims> = {}): string =>
    JSON.stringify({
      iss: 'https://vpn.test',
      aud: 'postern-helper',
      sub: device,
      iat: now / 1000,
      seq: ++seq,
      mode: 'gate',
      networks: ['10.1.0.0/16'],
      control: ['203.0.113.5:443'],
      allowLan: true,
      portalMinutes: 5,
      userMayRelease: false,
      until: now / 1000 + 14 * 86_400,
      ...change,
    } satisfies GuardClaims);

  it('holds the strictest of each word, for the networks of all', async () => {
    const keeper = await open();
    await keeper.take(word({ portalMinutes: 10, userMayRelease: true }));
    await keeper.take(
      word({ sub: other, mode: 'always', networks: ['10.2.0.0/16'], allowLan: false, portalMinutes: 2 }),
    );
    expect(rules.inForce).toMatchObject({
      mode: 'always',
      networks: ['10.1.0.0/16', '10.2.0.0/16'],
      allowLan: false,
    });
    expect(keeper.stateFor(ada)).toMatchObject({ portalMinutes: 2, mayRelease: false, holds: 'all' });
    expect(keeper.stateFor(root)).toMatchObject({ mayRelease: true });
    // A word that holds nothing back loosens nothing of the other's.
    await keeper.take(word({ mode: 'off', userMayRelease: true, allowLan: true }));
    expect(rules.inForce).toMatchObject({ mode: 'always', allowLan: false });
    await keeper.take(word({ sub: other, mode: 'off' }));
    expect(rules.inForce).toBeNull();
  });

  it("keeps what each user wants beyond the team's word, apart from the others'", async () => {
    const keeper = await open();
    await keeper.take(word({ mode: 'off' }));
    await keeper.choose(ada, 'gate');
    await keeper.choose(eve, 'always');
    expect(keeper.stateFor(ada)).toMatchObject({ mode: 'always', source: 'user', own: 'gate' });
    await keeper.choose(eve, 'off');
    expect(keeper.stateFor(eve)).toMatchObject({ mode: 'gate', own: 'off' });
    const again = await open();
    expect(again.stateFor(ada)).toMatchObject({ mode: 'gate', source: 'user', own: 'gate' });
  });

  it('stays released through restarts until a newer word comes', async () => {
    const keeper = await open();
    const first = word();
    await keeper.take(first);
    await keeper.choose(ada, 'always');
    expect(await keeper.release(ada)).toMatchObject({ problem: { code: 'release-refused' } });
    expect(await keeper.release(root)).toEqual(ok(undefined));
    expect(rules.inForce).toBeNull();
    const again = await open();
    expect(rules.inForce).toBeNull();
    expect(await again.take(first)).toMatchObject({ problem: { code: 'guard-invalid' } });
    await again.take(word());
    expect(rules.inForce).toMatchObject({ mode: 'gate' });
    expect(again.events).toMatchObject([{ kind: 'released-by-root' }]);
  });

  const pass = (ms: number) => {
    now += ms;
    monotonic += ms;
  };
  const tunnel = async (keeper: GuardKeeper, alive: boolean) => {
    isAlive = alive;
    keeper.follow();
    await keeper.choose(root, 'off');
  };

  it('opens a network once, three an hour, and never while the tunnel is up', async () => {
    const keeper = await open();
    await keeper.take(word());
    for (const network of ['hotel', 'train', 'airport']) {
      rules.attachedTo = network;
      expect(await keeper.openPortal()).toEqual(ok(undefined));
      expect(rules.inForce?.openForMs).toBe(5 * 60_000);
      // Asked for again it is what it was: not one more, and not longer.
      pass(60_000);
      const before = [keeper.stateFor(ada).portalUntil, keeper.events.length];
      expect(await keeper.openPortal()).toEqual(ok(undefined));
      expect([keeper.stateFor(ada).portalUntil, keeper.events.length]).toEqual(before);
      pass(5 * 60_000);
      rules.look();
      expect(await keeper.openPortal()).toMatchObject({ problem: { code: 'portal-refused' } });
    }
    rules.attachedTo = 'bar';
    const tooOften = { problem: { detail: expect.stringMatching(/3 times.*42 min/) } };
    expect(await keeper.openPortal()).toMatchObject(tooOften);
    // A clock that is set does not help, neither way.
    now -= 2 * HOUR_MS;
    expect(await keeper.openPortal()).toMatchObject(tooOften);
    now += 5 * HOUR_MS;
    expect(await keeper.openPortal()).toMatchObject(tooOften);
    now -= 3 * HOUR_MS;
    pass(HOUR_MS);
    rules.attachedTo = null;
    expect(await keeper.openPortal()).toMatchObject({
      problem: { detail: expect.stringMatching(/not connected/) },
    });
    rules.attachedTo = 'bar';
    await tunnel(keeper, true);
    expect(await keeper.openPortal()).toMatchObject({ problem: { code: 'portal-refused' } });
    await tunnel(keeper, false);
    expect(await keeper.openPortal()).toEqual(ok(undefined));
    const times = keeper.events.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...new Set(times)].sort((one, two) => one - two));
  });

  it('closes the page of a network with its time, by the clock that nobody sets, and when the network is left', async () => {
    const keeper = await open();
    await keeper.take(word());
    await keeper.openPortal();
    now -= 2 * HOUR_MS;
    monotonic += 4 * 60_000;
    rules.look();
    await keeper.choose(root, 'off');
    expect(rules.inForce?.openForMs).toBe(60_000);
    rules.attachedTo = 'next door';
    rules.look();
    await keeper.choose(root, 'off');
    expect([rules.inForce?.openForMs, keeper.stateFor(ada).portalUntil]).toEqual([0, null]);
  });

  it('begins with the first word of a server, and knows the way there after it has run out', async () => {
    const keeper = await open();
    await keeper.choose(ada, 'always');
    expect(keeper.stateFor(ada)).toMatchObject({ mode: 'off', own: 'always', holds: 'nothing' });
    expect(rules.inForce).toBeNull();
    await keeper.take(word({ mode: 'off', until: now / 1000 + 60 }));
    expect(rules.inForce).toMatchObject({ mode: 'always' });
    pass(HOUR_MS);
    rules.look();
    await keeper.choose(eve, 'gate');
    expect(rules.inForce).toMatchObject({ networks: ['10.1.0.0/16'], control: ['203.0.113.5:443'] });
  });

  it('takes nothing away for a team that holds nothing back', async () => {
    const keeper = await open();
    await keeper.take(word({ sub: other, mode: 'off', networks: ['0.0.0.0/0'] }));
    await keeper.take(word());
    expect(rules.inForce?.networks).toEqual(['10.1.0.0/16']);
  });

  it("lets a user release the team's word where the team says so, and nobody else's own", async () => {
    const keeper = await open();
    await keeper.take(word({ mode: 'off', userMayRelease: true }));
    await keeper.choose(ada, 'gate');
    expect(keeper.stateFor(eve).mayRelease).toBe(false);
    expect(await keeper.release(eve)).toMatchObject({ problem: { code: 'release-refused' } });
    await keeper.take(word({ userMayRelease: true }));
    expect(await keeper.release(eve)).toEqual(ok(undefined));
    expect(keeper.stateFor(ada)).toMatchObject({ mode: 'gate', source: 'user', own: 'gate' });
  });

  it('is not pushed out by the devices of another server', async () => {
    const keeper = await open();
    await keeper.take(word({ mode: 'always' }));
    const stranger = { iss: 'https://other.test', networks: [] };
    for (let count = 0; count < 16; count++)
      expect(await keeper.take(word({ ...stranger, sub: randomUUID() }))).toEqual(ok(undefined));
    expect(await keeper.take(word({ ...stranger, sub: randomUUID() }))).toMatchObject({
      problem: { code: 'guard-invalid' },
    });
    expect(rules.inForce).toMatchObject({ mode: 'always' });
  });

  it('holds, and says that it will not last, where the disk takes nothing', async () => {
    const keeper = await open();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'no folder');
    expect(await keeper.take(word())).toMatchObject({
      problem: { code: 'guard-failed', detail: expect.stringMatching(/could not be saved/) },
    });
    expect(rules.inForce).toMatchObject({ mode: 'gate' });
    expect(keeper.stateFor(ada)).toMatchObject({ holds: 'team', failed: { code: 'guard-failed' } });
    rules.look();
    await keeper.choose(ada, 'off');
    expect(keeper.stateFor(ada).failed).toMatchObject({ code: 'guard-failed' });
    // As soon as there is room, it is written down.
    rmSync(folder);
    await keeper.choose(ada, 'gate');
    expect(keeper.stateFor(ada).failed).toBeNull();
    expect(readFileSync(join(folder, GUARD_FILE), 'utf8')).toContain(device);
  });

  it('takes up a release that was written down while it started', async () => {
    const keeper = await open();
    await keeper.take(word());
    const file = join(folder, GUARD_FILE);
    const record = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(
      file,
      JSON.stringify({
        ...record,
        guards: record.guards.map((known: object) => ({ ...known, isReleased: true })),
      }),
    );
    await keeper.reload();
    expect(rules.inForce).toBeNull();
  });

  it('has on disk what it was told before it answers', async () => {
    const keeper = await open();
    rules.isBroken = true;
    expect(await keeper.take(word())).toMatchObject({ problem: { code: 'guard-failed' } });
    expect(readFileSync(join(folder, GUARD_FILE), 'utf8')).toContain(device);
    rules.isBroken = false;
    rules.look();
    await open();
    expect(rules.inForce).toMatchObject({ mode: 'gate' });
  });

  it('takes nothing that is forged', async () => {
    const keeper = await open();
    expect(await keeper.take('forged')).toMatchObject({ problem: { code: 'guard-invalid' } });
    expect(rules.inForce).toBeNull();
  });

  type Step =
    | { do: 'take'; sub: string; mode: GuardMode; age: number }
    | { do: 'choose'; by: typeof ada; mode: GuardMode }
    | { do: 'tunnel'; alive: boolean }
    | { do: 'release' | 'restart' | 'break' | 'mend' | 'portal' | 'distrust' | 'trust' }
    | { do: 'wait'; days: number };
  const mode = fc.constantFrom<GuardMode>('off', 'gate', 'always');
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      do: fc.constant('take' as const),
      sub: fc.constantFrom(device, other),
      mode,
      age: fc.integer({ min: -2, max: 3 }),
    }),
    fc.record({ do: fc.constant('choose' as const), by: fc.constantFrom(ada, eve), mode }),
    fc.record({ do: fc.constant('tunnel' as const), alive: fc.boolean() }),
    fc.record({
      do: fc.constantFrom('release', 'restart', 'break', 'mend', 'portal', 'distrust', 'trust'),
    }),
    fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 9 }) }),
  );
  const strictness = (held: GuardMode) => ['off', 'gate', 'always'].indexOf(held);

  it('whatever happens, holds what the newest word of each device and each user ask for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        rmSync(join(folder, GUARD_FILE), { force: true });
        rules = new RecordedRules();
        trusted = true;
        let keeper = await open();
        const newest = new Map<
          string,
          { seq: number; mode: GuardMode; until: number; isReleased: boolean }
        >();
        const own = new Map<string, GuardMode>();
        for (const each of steps) {
          switch (each.do) {
            case 'take': {
              const last = newest.get(each.sub)?.seq ?? 100;
              const until = now / 1000 + 14 * 86_400;
              const token = word({ sub: each.sub, mode: each.mode, seq: last + each.age, until });
              const taken = await keeper.take(token);
              const isNewer = !newest.has(each.sub) || each.age > 0;
              expect(!taken.ok && taken.problem.code === 'guard-invalid').toBe(!isNewer);
              if (isNewer)
                newest.set(each.sub, { seq: last + each.age, mode: each.mode, until, isReleased: false });
              break;
            }
            case 'choose':
              await keeper.choose(each.by, each.mode);
              own.set(each.by.user, each.mode);
              break;
            case 'tunnel':
              isAlive = each.alive;
              keeper.follow();
              break;
            case 'release':
              if (keeper.mode === 'off') break;
              await keeper.release(root);
              own.clear();
              for (const known of newest.values()) known.isReleased = true;
              break;
            case 'restart':
              await keeper.close();
              rules.isBroken = false;
              keeper = await open();
              break;
            case 'portal':
              await keeper.openPortal();
              break;
            case 'break':
              rules.isBroken = true;
              break;
            case 'mend':
              rules.isBroken = false;
              break;
            case 'trust':
              trusted = true;
              break;
            case 'distrust':
              trusted = false;
              break;
            case 'wait':
              pass(each.days * 86_400_000);
              break;
          }
          // As the watch over the network and the clock do every few seconds.
          rules.look();
          await keeper.choose({ user: 'nobody', isAdministrator: false }, 'off');
          const counting = trusted
            ? [...newest.values()].filter(({ until, isReleased }) => !isReleased && until * 1000 > now)
            : [];
          const wanted = Math.max(
            0,
            ...[
              ...counting.map((known) => known.mode),
              ...(trusted && newest.size > 0 ? own.values() : []),
            ].map(strictness),
          );
          expect(strictness(keeper.mode)).toBe(wanted);
          if (rules.isBroken) expect(keeper.stateFor(ada).failed).toMatchObject({ code: 'guard-failed' });
          else expect(strictness(rules.inForce?.mode ?? 'off')).toBe(wanted);
        }
        await keeper.close();
      }),
      { numRuns: 40 },
    );
  });
});
