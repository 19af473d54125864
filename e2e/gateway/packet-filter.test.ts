import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tableName } from '../../src-gateway/table-name.ts';
import type { FakeChannel } from '../../src-gateway/testing/fake-server.ts';
import {
  type AgentProcess,
  ECHO_PORT,
  GATEWAY_AT_SERVER,
  GATEWAY_INSIDE,
  GATEWAY_INTERFACE,
  GATEWAY_NETNS,
  GatewayLab,
  ip,
  LAPTOP_NETNS,
  LAPTOP_OUTSIDE,
  SERVER,
  SERVER_NETWORK,
  tunnelAddress,
  until,
} from './gateway-lab.ts';

/** Another port of the gateway's host, as a database or SSH would be. */
const HOST_PORT = 9078;
const REFUSED = 'EHOSTUNREACH';

describe('what passes between tunnel and gateway', () => {
  let lab: GatewayLab;
  let agent: AgentProcess;
  let channel: FakeChannel;
  let rev = 0;
  let next = 40;

  /** A member who is connected through an agent with these settings, to this server's networks. */
  const connect = async (settings: Record<string, unknown>, networks?: string[]): Promise<void> => {
    agent = await lab.startAgent(settings);
    channel = await lab.server.nextChannel();
    const { publicKey } = await channel.find((frame) => frame.type === 'hello');
    next += 1;
    const lease = lab.lease(next);
    expect(await channel.sync(1, [lease.peer], networks)).toMatchObject({ type: 'done' });
    rev = 1;
    await lab.connectLaptop(lease, publicKey, [SERVER_NETWORK, '169.254.169.254/32']);
    await until(async () => (await lab.tcp(LAPTOP_NETNS, GATEWAY_INSIDE, 1)) !== 'silence');
  };
  const peers = async (networks: string[]): Promise<void> => {
    rev += 1;
    const lease = lab.lease(next);
    const [known] = await lab.gatewayPeers();
    const peer = { ...lease.peer, publicKey: known?.publicKey ?? '' };
    expect(await channel.sync(rev, [peer], networks)).toMatchObject({ type: 'done' });
  };
  const expectRefused = async (address: string, port: number): Promise<void> =>
    expect(await lab.tcp(LAPTOP_NETNS, address, port)).toBe(REFUSED);
  const serverPort = (): number => Number(new URL(lab.server.url).port);

  beforeAll(async () => {
    lab = await GatewayLab.build();
    await lab.listenOnGateway(HOST_PORT);
    // As in a cloud: the host itself has a way there.
    await lab.inGateway('ip', 'route', 'add', '169.254.169.254/32', 'dev', 'up0');
  });
  afterAll(() => lab?.destroy());
  afterEach(async () => {
    await lab.stopChild(agent.child, 'SIGTERM');
  });

  it('leaves a member the listed services of the host, and no other port of any of its addresses', async () => {
    await connect({ services: [`udp/${ECHO_PORT}`] }, ['0.0.0.0/0']);
    expect(await lab.canReachGateway()).toBe(true);
    for (const address of [GATEWAY_INSIDE, GATEWAY_AT_SERVER]) await expectRefused(address, HOST_PORT);
    // It listens: from elsewhere it is reached, and so it is by a member where it is listed.
    expect(await lab.tcp(GATEWAY_NETNS, GATEWAY_INSIDE, HOST_PORT)).toBe('open');
    await lab.stopChild(agent.child, 'SIGTERM');
    await connect({ services: [`tcp/${HOST_PORT}`] }, ['0.0.0.0/0']);
    expect(await lab.tcp(LAPTOP_NETNS, GATEWAY_INSIDE, HOST_PORT)).toBe('open');
    expect(await lab.canReachGateway()).toBe(false);
  });

  it('lets a member go where the server says, whatever the member routes into the tunnel', async () => {
    await connect({ nat: true, egressInterface: 'up0' }, [SERVER_NETWORK]);
    expect(await lab.tcp(LAPTOP_NETNS, SERVER, serverPort())).toBe('open');
    await expectRefused('169.254.169.254', 80);
  });

  it('refuses what is not named at once, and takes a change with the next sync', async () => {
    await connect({ nat: true, egressInterface: 'up0' }, ['10.99.0.0/16']);
    await expectRefused(SERVER, serverPort());
    await peers([SERVER_NETWORK, '0.0.0.0/0']);
    expect(await lab.tcp(LAPTOP_NETNS, SERVER, serverPort())).toBe('open');
    // Cloud metadata is not a network of anybody's team.
    await expectRefused('169.254.169.254', 80);
    await peers([]);
    await expectRefused(SERVER, serverPort());
  });

  it('leaves the way to the routes where an older server names no networks', async () => {
    await connect({ nat: true, egressInterface: 'up0' });
    expect(await lab.tcp(LAPTOP_NETNS, SERVER, serverPort())).toBe('open');
  });

  it('names another firewall that drops what is forwarded, in its log and on demand, and what to run', async () => {
    await lab.inGateway('nft', 'add', 'table', 'ip', 'filter');
    const forward = '{ type filter hook forward priority 0; policy drop; }';
    await lab.inGateway('nft', 'add', 'chain', 'ip', 'filter', 'FORWARD', forward);
    await lab.inGateway('nft', 'add', 'chain', 'ip', 'filter', 'DOCKER-USER');
    await lab.inGateway('nft', 'add', 'rule', 'ip', 'filter', 'FORWARD', 'jump', 'DOCKER-USER');
    try {
      await connect({ nat: true, egressInterface: 'up0' }, [SERVER_NETWORK]);
      expect(await lab.tcp(LAPTOP_NETNS, SERVER, serverPort())).toBe('silence');
      const warned = agent.lines.find(({ msg }) => String(msg).includes('drops what members send'));
      expect(warned).toMatchObject({ msg: expect.stringContaining('"ip filter", chain FORWARD') });
      const found = await lab.check();
      expect(found).toMatchObject({ code: 1, ok: false });
      const firewall = found.checks.find(({ id }) => id === 'firewall');
      expect(firewall?.remedy).toContain(`iptables -I DOCKER-USER -i ${GATEWAY_INTERFACE} -j ACCEPT`);
      // What these two commands make of it, without the program, which not every machine has.
      for (const direction of ['iifname', 'oifname'])
        await lab.inGateway(
          'nft',
          ...['add', 'rule', 'ip', 'filter', 'DOCKER-USER', direction, GATEWAY_INTERFACE, 'accept'],
        );
      expect(await lab.tcp(LAPTOP_NETNS, SERVER, serverPort())).toBe('open');
      expect((await lab.check()).checks.filter(({ ok }) => !ok)).toEqual([]);
    } finally {
      await lab.inGateway('nft', 'delete', 'table', 'ip', 'filter');
    }
  });

  it('does not start with an interface that is not there, and names those that are', async () => {
    agent = await lab.startAgent({ nat: true, egressInterface: 'eth7' });
    expect(await agent.ended).toBe(1);
    expect(agent.stderr.join()).toMatch(/no interface eth7.*up0/);
  });

  it('keeps members apart unless the gateway says otherwise', async () => {
    const forwarding = { nat: true, egressInterface: 'up0' };
    await connect(forwarding, ['0.0.0.0/0']);
    await expectRefused(tunnelAddress(250), 80);
    await lab.stopChild(agent.child, 'SIGTERM');
    await connect({ ...forwarding, memberToMember: true }, ['0.0.0.0/0']);
    // Nobody has this address: the packet is let through to nowhere.
    expect(await lab.tcp(LAPTOP_NETNS, tunnelAddress(250), 80)).not.toBe(REFUSED);
  });

  describe('on a host with containers', () => {
    /** Behind a bridge of the gateway's host; nothing listens there, so what arrives is refused by it. */
    const CONTAINER = '10.220.9.2';
    const ARRIVED = 'ECONNREFUSED';
    const gw = (...args: string[]) => lab.inGateway('ip', ...args);
    const lap = (...args: string[]) => lab.inLaptop('ip', ...args);

    beforeAll(async () => {
      await gw('link', 'add', 'br0', 'type', 'bridge');
      await gw('link', 'add', 'port0', 'type', 'veth', 'peer', 'name', 'inner0', 'netns', LAPTOP_NETNS);
      await gw('link', 'set', 'port0', 'master', 'br0', 'up');
      await gw('address', 'add', '10.220.9.1/24', 'dev', 'br0');
      await gw('link', 'set', 'br0', 'up');
      await lap('address', 'add', `${CONTAINER}/24`, 'dev', 'inner0');
      await lap('link', 'set', 'inner0', 'up');
      // Its answers go back by the bridge, whatever is in the tunnel.
      await lap('route', 'add', 'default', 'via', '10.220.9.1', 'table', '9');
      await lap('rule', 'add', 'from', CONTAINER, 'lookup', '9');
      for (const there of ['10.220.9.0/24', LAPTOP_OUTSIDE])
        await ip('route', 'add', there, 'via', GATEWAY_AT_SERVER);
    });
    afterAll(async () => {
      for (const there of ['10.220.9.0/24', LAPTOP_OUTSIDE])
        await ip('route', 'del', there, 'via', GATEWAY_AT_SERVER);
    });
    const fromOutside = (address: string) => lab.tcp(null, address, 80);

    it('passes on for them and not for a neighbour, unless it is told otherwise', async () => {
      const nat = { nat: true, egressInterface: 'up0' };
      await connect(nat, ['0.0.0.0/0']);
      expect(await fromOutside(CONTAINER)).toBe(ARRIVED);
      expect(await fromOutside(LAPTOP_OUTSIDE)).toBe('silence');
      expect((await lab.check()).checks).toContainEqual(expect.objectContaining({ id: 'others', ok: true }));
      await lab.stopChild(agent.child, 'SIGTERM');
      await connect({ ...nat, forwardOthers: false }, ['0.0.0.0/0']);
      expect(await fromOutside(CONTAINER)).toBe('silence');
    });

    it('goes on with what it passed on before, and says so', async () => {
      await lab.inGateway('sysctl', '-qw', 'net.ipv4.ip_forward=1');
      await connect({ nat: true, egressInterface: 'up0' }, ['0.0.0.0/0']);
      const others = (await lab.check()).checks.find(({ id }) => id === 'others');
      expect(others).toMatchObject({ ok: false, remedy: expect.stringContaining('forwardOthers') });
      await lab.stopChild(agent.child, 'SIGTERM');
      expect(await fromOutside(CONTAINER)).toBe(ARRIVED);
      await lab.inGateway('sysctl', '-qw', 'net.ipv4.ip_forward=0');
    });

    it('refuses a member a port of the host that leads into a container, as every other', async () => {
      await lab.inGateway('nft', 'add', 'table', 'ip', 'docker');
      const hook = '{ type nat hook prerouting priority dstnat; }';
      await lab.inGateway('nft', 'add', 'chain', 'ip', 'docker', 'pre', hook);
      const published = ['tcp', 'dport', '8080', 'dnat', 'to', `${CONTAINER}:80`];
      await lab.inGateway('nft', 'add', 'rule', 'ip', 'docker', 'pre', ...published);
      try {
        await connect({ nat: true, egressInterface: 'up0' }, ['0.0.0.0/0']);
        await expectRefused(GATEWAY_INSIDE, 8080);
        await expectRefused(GATEWAY_AT_SERVER, 8080);
      } finally {
        await lab.inGateway('nft', 'delete', 'table', 'ip', 'docker');
      }
    });
  });

  it('comes back when another program has removed or emptied it, without a server and with the next sync', async () => {
    await connect({}, [SERVER_NETWORK]);
    const putBack = () => agent.lines.filter(({ msg }) => String(msg).includes('as it was again')).length;
    const isRefused = async () => (await lab.tcp(LAPTOP_NETNS, GATEWAY_INSIDE, HOST_PORT)) === REFUSED;
    const table = tableName(GATEWAY_INTERFACE);
    expect(await isRefused()).toBe(true);
    // With rules gone and sets there, every renewal works.
    await lab.inGateway('nft', 'flush', 'table', 'inet', table);
    await until(() => putBack() === 1);
    expect(await isRefused()).toBe(true);
    // A sync has to bring back what it would only change.
    await lab.inGateway('nft', 'flush', 'ruleset');
    await peers([SERVER_NETWORK]);
    expect(await isRefused()).toBe(true);
    channel.breakOff();
    const before = putBack();
    await lab.inGateway('nft', 'flush', 'ruleset');
    await until(() => putBack() > before);
    expect(await isRefused()).toBe(true);
    // As open as it was: members go on where they may go.
    expect(await lab.tcp(LAPTOP_NETNS, GATEWAY_INSIDE, 1)).toBe(REFUSED);
    // The one that the agent came back with is not for whoever asks next.
    await lab.server.nextChannel();
  });

  it('closes by itself when the agent hangs, and opens again when it is back', async () => {
    await connect({ failClosedAfterSeconds: 10 }, ['0.0.0.0/0']);
    expect(await lab.canReachGateway()).toBe(true);
    agent.child.kill('SIGSTOP');
    try {
      // The peer is still there, and so is the interface: it is the kernel that lets nothing through.
      await until(async () => !(await lab.canReachGateway()), 20_000);
      expect(await lab.gatewayKeys()).toHaveLength(1);
      expect(await lab.tcp(LAPTOP_NETNS, GATEWAY_INSIDE, 1)).toBe('silence');
    } finally {
      agent.child.kill('SIGCONT');
    }
    await until(() => lab.canReachGateway(), 20_000);
  }, 90_000);
});
