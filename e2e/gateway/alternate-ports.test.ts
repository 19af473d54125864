import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeChannel } from '../../src-gateway/testing/fake-server.ts';
import { type AgentProcess, GatewayLab, until } from './gateway-lab.ts';

describe('UDP ports of a gateway beside its own', () => {
  let lab: GatewayLab;
  let agent: AgentProcess;
  let channel: FakeChannel;
  let gatewayKey = '';
  let rev = 0;

  const lease = () => lab.lease(40);
  const peer: { current: ReturnType<typeof lease> | null } = { current: null };
  const sync = async (alternatePorts?: number[]): Promise<void> => {
    rev += 1;
    peer.current ??= lease();
    expect(await channel.sync(rev, [peer.current.peer], [], alternatePorts)).toMatchObject({ type: 'done' });
  };
  const connect = async (port?: number): Promise<void> => {
    if (peer.current) await lab.connectLaptop(peer.current, gatewayKey, [], port);
  };
  const ports = async () => (await lab.check()).checks.filter(({ id }) => id === 'ports');

  beforeAll(async () => {
    lab = await GatewayLab.build();
    agent = await lab.startAgent();
    channel = await lab.server.nextChannel();
    ({ publicKey: gatewayKey } = await channel.find((frame) => frame.type === 'hello'));
  });
  afterAll(() => lab?.destroy());

  it('lead to the tunnel, for a client too that has been knocking there all along', async () => {
    await sync();
    await connect(443);
    expect(await lab.canReachGateway()).toBe(false);
    await sync([443, 53]);
    await until(() => lab.canReachGateway());
    expect(await ports()).toEqual([
      expect.objectContaining({ ok: true, detail: expect.stringMatching(/^UDP \d+, 53, 443:/) }),
    ]);
  });

  it('take a client over from the own port and give it back, from the same port of its own', async () => {
    for (const port of [undefined, 53, 443, undefined]) {
      await connect(port);
      await until(() => lab.canReachGateway());
    }
  });

  it('lead there no longer once they are not named, whatever is under way', async () => {
    await connect(443);
    await until(() => lab.canReachGateway());
    await sync([53]);
    await until(async () => !(await lab.canReachGateway()));
    expect((await ports())[0]?.detail).toMatch(/^UDP \d+, 53:/);
    await sync();
    expect(await lab.inGateway('nft', 'list', 'ruleset')).not.toContain('alternate');
  });

  it('take it away from another program, which is named, and which has it back afterwards', async () => {
    const heard = await lab.hearOnGateway(443);
    await lab.sendOutside(443, 'before');
    await until(() => heard.includes('before'));
    await sync([443]);
    await lab.sendOutside(443, 'meanwhile');
    const named = (await ports()).find(({ ok }) => !ok);
    expect(named).toMatchObject({ detail: expect.stringContaining('UDP port 443 leads to the tunnel: ') });
    expect(agent.lines.find(({ msg }) => msg === named?.detail)).toMatchObject({ remedy: named?.remedy });
    await sync();
    await lab.sendOutside(443, 'after');
    await until(() => heard.includes('after'));
    expect(heard).toEqual(['before', 'after']);
  });

  it('are gone with the agent', async () => {
    await sync([443]);
    await lab.stopChild(agent.child, 'SIGTERM');
    expect(await lab.inGateway('nft', 'list', 'ruleset')).toBe('');
  });
});
