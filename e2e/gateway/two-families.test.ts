import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FakeChannel } from '../../src-gateway/testing/fake-server.ts';
import { gatewayFeature, type HostTrouble } from '../../src-shared/gateway-channel.ts';
import {
  type AgentProcess,
  GATEWAY_INSIDE,
  GATEWAY_INSIDE6,
  GATEWAY_INTERFACE,
  GatewayLab,
  LAPTOP_NETNS,
  SERVER,
  SERVER6,
  tunnelAddress6,
  until,
} from './gateway-lab.ts';

/** Nothing listens on this port of the server: what arrives is refused by it. */
const PORT = 80;
const ARRIVED = 'ECONNREFUSED';
/** By the gateway, in each family's word. */
const REFUSED = ['EHOSTUNREACH', 'EACCES'];

describe('a gateway with two families, and what its host makes of them', () => {
  let lab: GatewayLab;
  let agent: AgentProcess;
  let channel: FakeChannel;
  let gatewayKey = '';
  let member: ReturnType<typeof lab.lease>;
  let rev = 0;
  let next = 40;

  const addresses = [`${GATEWAY_INSIDE}/24`, `${GATEWAY_INSIDE6}/64`];
  const accepts = gatewayFeature.options;
  const sync = async (more: { addresses?: string[]; accepts?: string[] }) => {
    rev += 1;
    const networks = ['0.0.0.0/0', '::/0'];
    expect(await channel.sync(rev, [member.peer], networks, undefined, more)).toEqual({ type: 'done', rev });
  };
  /** The newest word, once there are `count`. */
  const health = async (count: number, limitMs?: number): Promise<HostTrouble[]> => {
    const words = () => channel.frames.filter((frame) => frame.type === 'health');
    await until(() => words().length >= count, limitMs);
    expect(words()).toHaveLength(count);
    return words()[count - 1]?.troubles ?? [];
  };
  const connect = async (): Promise<void> => {
    agent = await lab.startAgent({ nat: true, egressInterface: 'up0' });
    channel = await lab.server.nextChannel();
    const { publicKey, version, features } = await channel.find((frame) => frame.type === 'hello');
    expect({ version, features }).toEqual({ version: expect.stringMatching(/^\d+\.\d+/), features: accepts });
    rev = 0;
    next += 1;
    member = lab.lease(next);
    member.peer.allowedIps.push(`${tunnelAddress6(next)}/128`);
    await sync({ addresses, accepts });
    gatewayKey = publicKey;
    await shakeHands();
  };
  const shakeHands = async (): Promise<void> => {
    await lab.connectLaptop(member, gatewayKey, ['0.0.0.0/1', 'fd21::/16']);
    await until(() => lab.canReachGateway());
  };
  const reach = (...places: string[]) =>
    Promise.all(places.map((place) => lab.tcp(LAPTOP_NETNS, place, PORT)));
  const setting = async (name: string) => (await lab.inGateway('sysctl', '-n', name)).trim();
  const setTo = (name: string, value: string) => lab.inGateway('sysctl', '-qw', `${name}=${value}`);

  beforeAll(async () => {
    lab = await GatewayLab.build();
  });
  afterAll(() => lab?.destroy());
  afterEach(async () => {
    await lab.stopChild(agent.child, 'SIGTERM');
  });

  it('passes both until the member is removed, and takes back what the server names no more', async () => {
    await connect();
    expect(await health(1)).toEqual([]);
    expect(await reach(SERVER, SERVER6)).toEqual([ARRIVED, ARRIVED]);
    expect(await reach(GATEWAY_INSIDE, GATEWAY_INSIDE6)).toEqual(REFUSED);
    rev += 1;
    await channel.remove(rev, [member.peer.publicKey]);
    expect(await reach(SERVER, SERVER6)).toEqual(['silence', 'silence']);

    await sync({ addresses, accepts });
    await shakeHands();
    expect(await reach(SERVER, SERVER6)).toEqual([ARRIVED, ARRIVED]);
    expect(await setting('net.ipv6.conf.all.forwarding')).toBe('1');
    // An older server, which says none of it, and hears none of it.
    await sync({});
    expect(await reach(SERVER, SERVER6)).toEqual([ARRIVED, 'silence']);
    expect(await setting('net.ipv6.conf.all.forwarding')).toBe('0');
    expect(await lab.inGateway('ip', '-6', 'address', 'show', 'dev', GATEWAY_INTERFACE)).not.toContain(
      GATEWAY_INSIDE6,
    );
    await health(2);
    expect((await lab.check()).checks.filter(({ ok }) => !ok)).toEqual([]);

    // What was killed in the middle leaves nothing for good.
    await sync({ addresses });
    await lab.stopChild(agent.child, 'SIGKILL');
    expect(await setting('net.ipv6.conf.all.forwarding')).toBe('1');
    await connect();
    await lab.stopChild(agent.child, 'SIGTERM');
    for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      expect(await setting(name)).toBe('0');
    expect(await lab.inGateway('nft', 'list', 'ruleset')).toBe('');
  });

  it('passes the one where its host cannot have the other, which it names, and has it once it can', async () => {
    await setTo('net.ipv6.conf.default.disable_ipv6', '1');
    try {
      await connect();
      const off = { id: 'address', detail: expect.stringContaining('IPv6 is turned off') };
      expect(await health(1)).toMatchObject([off]);
      expect((await lab.check()).checks).toContainEqual(expect.objectContaining({ ...off, ok: false }));
      expect(await reach(SERVER, SERVER6)).toEqual([ARRIVED, 'silence']);
      const [{ remedy } = { remedy: null }] = await health(1);
      const [command = ''] = remedy?.split(',') ?? [];
      await lab.inGateway('sh', '-c', command);
      await sync({ addresses, accepts });
      expect(await health(2)).toEqual([]);
      expect(await reach(SERVER, SERVER6)).toEqual([ARRIVED, ARRIVED]);
    } finally {
      await setTo('net.ipv6.conf.default.disable_ipv6', '0');
    }
  });

  it('tells of a firewall that comes while it runs, and of its end; and is not lost with one that flushes all', async () => {
    await connect();
    expect(await health(1)).toEqual([]);
    const hook = '{ type filter hook forward priority 0; policy drop; }';
    await lab.inGateway('nft', 'add', 'table', 'ip6', 'filter');
    await lab.inGateway('nft', 'add', 'chain', 'ip6', 'filter', 'FORWARD', hook);
    expect(await reach(SERVER, SERVER6)).toEqual([ARRIVED, 'silence']);
    const [trouble] = await health(2, 35_000);
    expect(trouble).toMatchObject({
      id: 'firewall',
      remedy: expect.stringContaining('ip6tables -I FORWARD'),
    });
    expect(agent.lines.find(({ msg }) => msg === trouble?.detail)).toMatchObject({ remedy: trouble?.remedy });
    // As a firewall that is started anew: all is gone, its own rules and ours.
    await lab.inGateway('nft', 'flush', 'ruleset');
    const isBack = async () => (await lab.inGateway('nft', 'list', 'ruleset')).includes('masquerade');
    await until(isBack);
    expect(await reach(SERVER6, GATEWAY_INSIDE6)).toEqual([ARRIVED, 'EACCES']);
    await sync({ addresses, accepts });
    expect(await health(3)).toEqual([]);
  }, 90_000);
});
