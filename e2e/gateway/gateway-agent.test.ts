import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FakeChannel } from '../../src-gateway/testing/fake-server.ts';
import { sleep } from '../../src-node/backoff.ts';
import {
  type AgentProcess,
  GATEWAY_ID,
  GATEWAY_INTERFACE,
  GatewayLab,
  LAPTOP_OUTSIDE,
  TUNNEL_NETWORK,
  until,
} from './gateway-lab.ts';

describe('the gateway agent with real WireGuard', () => {
  let lab: GatewayLab;
  let agent: AgentProcess;
  let channel: FakeChannel;
  let gatewayKey: string;

  const start = async (settings: Record<string, unknown> = {}) => {
    agent = await lab.startAgent(settings);
    channel = await lab.server.nextChannel();
    const hello = await channel.find((frame) => frame.type === 'hello');
    gatewayKey = hello.publicKey;
    return hello;
  };
  beforeAll(async () => {
    lab = await GatewayLab.build();
  });
  afterAll(() => lab.destroy());
  afterEach(async () => {
    await lab.stopChild(agent.child, 'SIGTERM');
  });

  it('says hello with its token and key, makes the key 0600 at its first start and keeps it', async () => {
    const hello = await start();
    expect(channel.authorization).toBe('Bearer the-gateway-token');
    expect(hello.gatewayId).toBe(GATEWAY_ID);
    const keyFile = join(lab.folder, 'gateway.key');
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    await lab.stopChild(agent.child, 'SIGTERM');
    expect((await start()).publicKey).toBe(hello.publicKey);
  });

  it('lets packets through from add to remove, and not before or after', async () => {
    await start();
    const lease = lab.lease(10);
    await lab.connectLaptop(lease, gatewayKey);
    expect(await channel.sync(1, [])).toMatchObject({ type: 'done' });
    expect(await lab.canReachGateway()).toBe(false);
    expect(await channel.add(2, lease.peer)).toMatchObject({ type: 'done' });
    await lab.connectLaptop(lease, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
    expect(await channel.remove(3, [lease.peer.publicKey])).toMatchObject({ type: 'done' });
    expect(await lab.gatewayKeys()).toEqual([]);
    expect(await lab.canReachGateway()).toBe(false);
  });

  it('keeps channel and peers at SIGHUP, and says what it took over', async () => {
    await start();
    const { peer } = lab.lease(17);
    await channel.sync(1, [peer]);
    agent.child.kill('SIGHUP');
    const reloaded = () => agent.lines.find(({ msg }) => msg === 'reloaded');
    await expect.poll(reloaded, { timeout: 10_000 }).toMatchObject({ level: 'info', needsRestart: [] });
    expect(await lab.gatewayKeys()).toEqual([peer.publicKey]);
    expect(await channel.remove(2, [peer.publicKey])).toMatchObject({ type: 'done' });
  });

  it('holds to the list of a sync, without what has expired', async () => {
    await start();
    const [a, b, c] = [lab.lease(11).peer, lab.lease(12).peer, lab.lease(13, -1000).peer];
    await channel.sync(5, [a, b, c]);
    expect(await lab.gatewayKeys()).toEqual([a.publicKey, b.publicKey].sort());
    await channel.sync(6, [b]);
    expect(await lab.gatewayKeys()).toEqual([b.publicKey]);
    expect(await channel.add(7, c)).toMatchObject({ type: 'failed', error: expect.stringContaining('over') });
    expect(await lab.gatewayKeys()).toEqual([b.publicKey]);
  });

  it('takes no rev twice and none out of order', async () => {
    await start();
    const [a, b] = [lab.lease(14).peer, lab.lease(15).peer];
    expect(await channel.add(4, a)).toMatchObject({ type: 'failed' });
    expect(await lab.gatewayKeys()).toEqual([]);
    await channel.sync(10, []);
    await channel.add(11, a);
    await channel.remove(12, [a.publicKey]);
    channel.send({ type: 'add', rev: 11, peer: a });
    await until(() => channel.answersTo(11).length === 2);
    expect(channel.answersTo(11).map(({ type }) => type)).toEqual(['done', 'done']);
    expect(await channel.add(9, b)).toMatchObject({
      type: 'failed',
      error: expect.stringContaining('out of order'),
    });
    channel.send({ type: 'sync', rev: 3, peers: [a, b] });
    expect(await channel.answer(3)).toMatchObject({ type: 'failed' });
    expect(await lab.gatewayKeys()).toEqual([]);
  });

  it('loses no packet when a lease is renewed under the same key, or when the server syncs again', async () => {
    await start();
    const lease = lab.lease(16);
    await channel.sync(1, [lease.peer]);
    await lab.connectLaptop(lease, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
    const probing = lab.probe(400, 5);
    const orders = async () => {
      for (let rev = 2; rev < 40; rev += 1) {
        const expiresAt = new Date(Date.now() + 3_600_000 + rev * 1000).toISOString();
        if (rev % 2) await channel.add(rev, { ...lease.peer, expiresAt });
        else await channel.sync(rev, [{ ...lease.peer, expiresAt }, lab.lease(100 + rev).peer]);
        await sleep(30);
      }
    };
    const [report] = await Promise.all([probing, orders()]);
    expect(report.sent).toBe(400);
    expect(report.received).toBe(400);
  });

  it('ends a lease by its own clock, while the server says nothing', async () => {
    await start();
    const [short, long] = [lab.lease(17, 3000), lab.lease(18)];
    await channel.sync(1, [short.peer, long.peer]);
    await lab.connectLaptop(short, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
    await until(async () => (await lab.gatewayKeys()).length === 1);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(short.peer.expiresAt));
    expect(await lab.gatewayKeys()).toEqual([long.peer.publicKey]);
    expect(await lab.canReachGateway()).toBe(false);
  });

  it('removes everybody when the server stays away too long, and comes back with the next sync', async () => {
    await start({ failClosedAfterSeconds: 10 });
    const lease = lab.lease(19);
    await channel.sync(1, [lease.peer]);
    await lab.connectLaptop(lease, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
    // Broken, and every new try answered with silence: there is a socket, but no sync.
    channel.breakOff();
    const lostAt = Date.now();
    await sleep(5000);
    expect(await lab.gatewayKeys()).toHaveLength(1);
    await until(async () => (await lab.gatewayKeys()).length === 0, 20_000);
    expect(Date.now() - lostAt).toBeGreaterThanOrEqual(9_500);
    expect(await lab.canReachGateway()).toBe(false);
    channel = await lab.server.nextChannel();
    await channel.sync(2, [lease.peer]);
    expect(await lab.gatewayKeys()).toHaveLength(1);
  });

  it('closes with 4003 on a bad frame and starts over from the next sync, keeping its peers meanwhile', async () => {
    await start();
    const lease = lab.lease(20);
    await channel.sync(1, [lease.peer]);
    for (const bad of [
      '{',
      '{"type":"explode","rev":2}',
      '{"type":"remove","rev":2}',
      Buffer.from([1, 2, 3]),
    ]) {
      channel.sendRaw(bad);
      // Whatever stands behind a bad frame is not carried out.
      channel.send({ type: 'sync', rev: 900, peers: [] });
      expect((await channel.closed).code).toBe(4003);
      expect(await lab.gatewayKeys()).toEqual([lease.peer.publicKey]);
      channel = await lab.server.nextChannel();
      await channel.sync(1, [lease.peer]);
    }
    expect(JSON.stringify(agent.lines)).not.toContain('explode');
  });

  it('gives every order of a pile its answer, in order, and ends where they end', async () => {
    await start();
    const peers = Array.from({ length: 200 }, (_, index) => lab.lease(21 + index).peer);
    channel.send({ type: 'sync', rev: 1, peers: [] });
    for (const [index, peer] of peers.entries()) channel.send({ type: 'add', rev: 2 + index, peer });
    const gone = peers.filter((_, index) => index % 2 === 0).map(({ publicKey }) => publicKey);
    for (const [index, key] of gone.entries())
      channel.send({ type: 'remove', rev: 300 + index, peers: [key] });
    await channel.answer(300 + gone.length - 1);
    const answers = channel.frames.flatMap((frame) => (frame.type === 'done' ? [frame.rev] : []));
    expect(answers).toHaveLength(301);
    expect(answers).toEqual([...answers].sort((x, y) => x - y));
    const left = peers.filter((_, index) => index % 2 === 1).map(({ publicKey }) => publicKey);
    expect(await lab.gatewayKeys()).toEqual(left.sort());
  });

  it('is gone at once on kill -9, and its next start begins from an empty tunnel and a sync', async () => {
    await start();
    const lease = lab.lease(22);
    await channel.sync(1, [lease.peer]);
    await lab.connectLaptop(lease, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
    await lab.stopChild(agent.child, 'SIGKILL');
    await until(async () => !(await lab.gatewayHasInterface()));
    expect(await lab.canReachGateway()).toBe(false);
    await start();
    expect(await lab.gatewayKeys()).toEqual([]);
    await channel.sync(1, [lease.peer]);
    await lab.connectLaptop(lease, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
  });

  it('makes the tunnel anew when wireguard-go dies', async () => {
    await start();
    const lease = lab.lease(23);
    await channel.sync(1, [lease.peer]);
    await lab.inGateway('ip', 'link', 'delete', GATEWAY_INTERFACE);
    const next = await lab.server.nextChannel();
    await next.sync(1, [lease.peer]);
    expect(await lab.gatewayKeys()).toEqual([lease.peer.publicKey]);
    await lab.connectLaptop(lease, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
  });

  it('notices a half-open channel by the missing pings', async () => {
    await start();
    await channel.sync(1, []);
    channel.hang();
    lab.server.stopPinging();
    const next = await lab.server.nextChannel();
    expect((await next.find((frame) => frame.type === 'hello')).type).toBe('hello');
    expect(JSON.stringify(agent.lines)).toContain('half open');
  }, 60_000);

  it('reports figures every ten seconds', async () => {
    await start();
    const lease = lab.lease(24);
    await channel.sync(1, [lease.peer]);
    await lab.connectLaptop(lease, gatewayKey);
    expect(await lab.canReachGateway()).toBe(true);
    const stats = await channel.find((frame) => frame.type === 'stats', 15_000);
    const [peer] = stats.peers;
    expect(stats.peers).toHaveLength(1);
    expect(peer?.publicKey).toBe(lease.peer.publicKey);
    expect(Date.now() - Date.parse(peer?.lastHandshakeAt ?? '')).toBeLessThan(30_000);
    expect(peer?.rxBytes).toBeGreaterThan(100);
    expect(peer?.endpoint?.replace(/:\d+$/, '')).toBe(LAPTOP_OUTSIDE);
  });

  it('refuses to start beside a running one, and leaves that one alone', async () => {
    await start();
    await channel.sync(1, [lab.lease(25).peer]);
    const second = await lab.startAgent();
    expect(await second.ended).toBe(1);
    expect(second.stderr.join()).toContain('in use by another Postern process');
    expect(await lab.gatewayKeys()).toHaveLength(1);
  });

  it('takes peers, interface, translation and forwarding back on SIGTERM, and logged no secret', async () => {
    // What a start that was killed has opened is still ours to take back.
    await start({ nat: true, egressInterface: 'up0' });
    await lab.stopChild(agent.child, 'SIGKILL');
    await start({ nat: true, egressInterface: 'up0' });
    const lease = lab.lease(26);
    await channel.sync(1, [lease.peer]);
    expect(await lab.inGateway('nft', 'list', 'tables')).toContain(
      `postern_${GATEWAY_INTERFACE.replaceAll('-', '_')}`,
    );
    const rules = (await lab.inGateway('nft', 'list', 'ruleset')).split('\n');
    expect(rules.find((rule) => rule.includes('masquerade'))).toContain(`ip saddr ${TUNNEL_NETWORK} `);
    expect((await lab.inGateway('cat', '/proc/sys/net/ipv4/ip_forward')).trim()).toBe('1');
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toBe(0);
    expect((await channel.closed).code).toBe(1001);
    expect(await lab.gatewayHasInterface()).toBe(false);
    expect(await lab.inGateway('nft', 'list', 'tables')).not.toContain('postern');
    expect((await lab.inGateway('cat', '/proc/sys/net/ipv4/ip_forward')).trim()).toBe('0');
    expect(existsSync(`/var/run/wireguard/${GATEWAY_INTERFACE}.lock`)).toBe(false);
    const log = JSON.stringify(agent.lines);
    const privateKey = (await readFile(join(lab.folder, 'gateway.key'), 'utf8')).trim();
    for (const secret of [lease.peer.presharedKey, privateKey, 'the-gateway-token']) {
      expect(log).not.toContain(secret);
    }
  });

  it('says which settings are wrong and exits with 2', async () => {
    agent = await lab.startAgent({
      endpoint: 'vpn.example.com:1',
      failClosedAfterSeconds: 1,
      colour: 'blue',
    });
    expect(await agent.ended).toBe(2);
    expect(agent.stderr.join('\n')).toMatch(/endpoint.*literal IP/);
    expect(agent.stderr.join('\n')).toContain('colour: no such setting');
    expect(agent.stderr).toHaveLength(3);
  });

  it('names a UDP port that is taken', async () => {
    agent = await lab.startAgent({ listenPort: 9077 });
    expect(await agent.ended).toBe(1);
    expect(agent.stderr.join()).toContain('UDP port 9077 is in use');
    expect(await lab.gatewayHasInterface()).toBe(false);
  });
});
