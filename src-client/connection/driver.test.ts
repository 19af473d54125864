import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ok, problem } from '../../src-shared/problem.ts';
import type { ConnectReply } from '../control/rest.ts';
import { Driver } from './driver.ts';
import { gatedPolicy, makeChallenge, makeId, makeReason, makeStatus } from './testing/machine-world.ts';

const GATEWAY = 'gw';
const later = new Date(Date.now() + 3_600_000).toISOString();

/** What the driver did, in its order. */
let done: string[];
let replies: ConnectReply[];
let driver: Driver;
let computerKnows: number | null;
let sentEpochs: (number | undefined)[];

afterEach(async () => {
  driver.feed({ type: 'user.disconnect', source: 'quit' });
  await driver.stop();
});
beforeEach(() => {
  done = [];
  replies = [];
  computerKnows = null;
  sentEpochs = [];
  driver = new Driver({
    helper: {
      about: null,
      epoch: async () => computerKnows,
      async up() {
        done.push('up');
        return null;
      },
      async refresh() {
        return null;
      },
      async down() {
        done.push('down');
        return null;
      },
    },
    now: Date.now,
    clockOffsetMs: () => 0,
    random: () => 0,
    log: pino({ level: 'silent' }),
    makeProofs: async (answers) =>
      ok(answers.flatMap((answer) => (answer.method === 'totp' ? [answer] : []))),
    onChange: ({ view }) => done.push(`show ${view.phase}`),
    onNotice: () => undefined,
    onForgetSession: () => done.push('forget'),
    onServerTime: () => undefined,
    onGuard: (token) => done.push(`guard ${token}`),
  });
  driver.setLink({
    deviceId: 'd1',
    async connect({ proofs, knownEpoch }) {
      done.push(proofs ? 'prove' : 'ask');
      sentEpochs.push(knownEpoch);
      return replies.shift() ?? refused('server-unreachable');
    },
    me: async () => ({ ok: false, problem: problem('server-unreachable') }),
    deleteConnection: async () => ok(undefined),
    warm: () => done.push('warm'),
    sendStatus: (phase) => done.push(`tell ${phase}`),
    restart: () => undefined,
  });
  driver.feed({ type: 'signed-in' });
  driver.feed({ type: 'server.policy', policy: gatedPolicy });
});

function refused(code: 'server-unreachable' | 'step-up-required', challenge = false): ConnectReply {
  return {
    ok: false,
    problem: problem(code),
    mayHaveArrived: false,
    challenge: challenge ? makeChallenge(null, later) : null,
  };
}

function granted(leaseId: string): ConnectReply {
  const claims = Buffer.from(
    JSON.stringify({ iat: Math.floor(Date.now() / 1000), wg: { addresses: ['10.86.0.2/32'] } }),
  ).toString('base64url');
  return { ok: true, value: { leaseId, lease: `e30.${claims}.c2ln`, expiresAt: later, epoch: 1 } };
}

async function atGate(): Promise<void> {
  replies.push(refused('step-up-required', true));
  driver.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
  await vi.waitFor(() => expect(driver.machine.view.phase).toBe('gate'));
}

async function connected(): Promise<string> {
  const leaseId = makeId();
  await atGate();
  replies.push(granted(leaseId));
  expect(await driver.submit([{ method: 'totp', code: '482913' }])).toBeNull();
  const lastHandshakeAt = new Date().toISOString();
  driver.helperStatus({ ...makeStatus('up', leaseId), lastHandshakeAt, rxBytes: 92 });
  expect(driver.machine.view.phase).toBe('connected');
  return leaseId;
}

describe('what stands before the prompt, the packets and the answer', () => {
  it('the request goes out before anybody hears that it did', () => {
    done.length = 0;
    driver.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
    expect(done).toEqual(['ask', 'show connecting', 'tell connecting']);
  });

  it('the proof goes out before anybody hears that it did', async () => {
    await atGate();
    done.length = 0;
    void driver.submit([{ method: 'totp', code: '482913' }]);
    await vi.waitFor(() => expect(done).toContain('prove'));
    // The prompt that shows that the answer is being checked comes first, and once more when it has left.
    expect(done.slice(0, 3)).toEqual(['show gate', 'prove', 'show gate']);
  });

  it('a lease reaches the helper before it is shown', async () => {
    await atGate();
    done.length = 0;
    replies.push(granted(makeId()));
    await driver.submit([{ method: 'totp', code: '482913' }]);
    expect(done.indexOf('up')).toBeGreaterThan(-1);
    expect(done.indexOf('up')).toBeLessThan(done.indexOf('show connecting'));
  });

  it('what is to be held back follows its lease, and everybody has seen the new state by then', async () => {
    await atGate();
    done.length = 0;
    const reply = granted(makeId());
    replies.push(reply.ok ? { ...reply, value: { ...reply.value, guard: 'g' } } : reply);
    await driver.submit([{ method: 'totp', code: '482913' }]);
    await vi.waitFor(() => expect(done).toContain('guard g'));
    expect(done.indexOf('guard g')).toBeGreaterThan(done.indexOf('up'));
    expect(done.indexOf('guard g')).toBeGreaterThan(done.indexOf('show connecting'));
  });

  it('the gate is shown before the tunnel is taken down, and the server is warmed last', async () => {
    const leaseId = await connected();
    done.length = 0;
    driver.feed({
      type: 'server.disconnect',
      epoch: 2,
      leaseId,
      reason: makeReason(),
      challenge: makeChallenge(makeReason(), later),
    });
    expect(done).toEqual(['show gate', 'down', 'tell gate']);
    await vi.waitFor(() => expect(done.slice(3)).toEqual(['warm']));
  });
});

describe('the newest epoch of the device goes with each request', () => {
  it('as the computer knows it, asked ahead, and as the server said since', async () => {
    await atGate();
    expect(sentEpochs).toEqual([undefined]);
    computerKnows = 3;
    driver.helperReady();
    await vi.waitFor(async () => {
      await driver.submit([{ method: 'totp', code: '482913' }]);
      expect(sentEpochs.at(-1)).toBe(3);
    });
    driver.feed({ type: 'channel.opened', epoch: 5 });
    driver.feed({ type: 'user.disconnect', source: 'home-button' });
    await atGate();
    expect(sentEpochs.at(-1)).toBe(5);
  });
});

it('without a session nothing is sent, and the caller hears why', async () => {
  await atGate();
  driver.setLink(null);
  done.length = 0;
  expect(await driver.submit([{ method: 'totp', code: '482913' }])).toMatchObject({ code: 'signed-out' });
  expect(done).not.toContain('prove');
  expect(done).toContain('forget');
});
