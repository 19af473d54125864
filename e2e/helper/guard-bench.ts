import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import * as z from 'zod';
import { runProgram } from '../../src-node/run-program.ts';
import { GUARD_TYPE, type GuardClaims } from '../../src-shared/guard.ts';
import { LEASE_AUDIENCE } from '../../src-shared/lease.ts';
import { HelperBench, ISSUER } from './helper-bench.ts';

const execute = promisify(execFile);

/** Where a probe may go to, and what the far end of the link counts of it. */
export const places = {
  team4: '10.77.0.9',
  team6: 'fd77::9',
  lan: '192.168.77.2',
  internet4: '198.51.100.7',
  internet6: '2001:db8:77::7',
} as const;
export type Place = keyof typeof places;
const ALL = Object.keys(places) as Place[];
const SERVER = '203.0.113.5';

/**
 * The bench of the helper with a world around it: a network of its own with a printer, the internet and the server
 * behind the link, and a container that the laptop forwards for. What leaves the laptop beside the tunnel is counted
 * at the other end of the link.
 */
export class GuardBench extends HelperBench {
  readonly container = `pst-h3-${this.id}-c`;
  #seq = Date.now();

  override async start(): Promise<void> {
    await super.start();
    const { laptop, gateway, container, id } = this;
    const link = { laptop: `v${id}l`, gateway: `v${id}g` };
    await this.run('ip', 'netns', 'add', container);
    await this.#ip(laptop, `link add inner type veth peer name eth0 netns ${container}`);
    await this.#ip(laptop, 'addr add 172.20.0.1/24 dev inner');
    await this.#ip(laptop, 'addr add fd20::1/64 dev inner nodad');
    await this.#ip(laptop, 'link set inner up');
    for (const line of ['172.20.0.2/24', 'fd20::2/64 nodad'].map((cidr) => cidr.split(' ')))
      await this.#ip(container, `addr add ${line[0]} dev eth0 ${line[1] ?? ''}`);
    for (const line of [
      'link set lo up',
      'link set eth0 up',
      'route add default via 172.20.0.1',
      'route add ::/0 via fd20::1',
    ])
      await this.#ip(container, line);
    for (const [netns, end, host] of [
      [laptop, link.laptop, 1],
      [gateway, link.gateway, 2],
    ] as const) {
      await this.#ip(netns, `addr add 192.168.77.${host}/24 dev ${end}`);
      await this.#ip(netns, `addr add fd00:77::${host}/64 dev ${end} nodad`);
    }
    await this.#ip(laptop, 'route add default via 192.168.77.2');
    await this.#ip(laptop, 'route add ::/0 via fd00:77::2');
    for (const address of [places.internet4, SERVER])
      await this.#ip(gateway, `addr add ${address}/32 dev lo`);
    await this.#ip(gateway, `addr add ${places.internet6}/128 dev lo nodad`);
    for (const setting of ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'])
      await this.setting(setting, '1');
    await this.#count(link.gateway);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.run('ip', 'netns', 'delete', this.container);
  }

  /** A newer one than all before. */
  async guard(change: Partial<GuardClaims> = {}, key = this.signingKey): Promise<string> {
    const iat = Math.floor(Date.now() / 1000);
    const claims: GuardClaims = {
      iss: ISSUER,
      aud: LEASE_AUDIENCE,
      sub: this.deviceId,
      iat,
      seq: ++this.#seq,
      mode: 'gate',
      networks: ['10.77.0.0/24', 'fd77::/64'],
      control: [`${SERVER}:443`],
      allowLan: true,
      portalMinutes: 5,
      userMayRelease: false,
      until: iat + 3600,
      ...change,
    };
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: GUARD_TYPE, kid: 'k' })
      .sign(key);
  }

  /** Sends to every place, from the laptop and from the container; the places that were seen to be left for. */
  async leaks(): Promise<{ laptop: Place[]; container: Place[] }> {
    return { laptop: await this.#seen(this.laptop), container: await this.#seen(this.container) };
  }

  async #seen(netns: string): Promise<Place[]> {
    await this.nft(this.gateway, 'reset', 'counters');
    const send = ALL.map((place) => `echo x > /dev/udp/${places[place]}/9`).join('; ');
    await this.#shell(netns, send);
    const listed = await this.nft(this.gateway, '-j', 'list', 'counters');
    const counts = counters
      .parse(JSON.parse(listed))
      .nftables.flatMap(({ counter }) => (counter ? [counter] : []));
    return ALL.filter((place) => counts.some(({ name, packets }) => name === place && packets > 0));
  }

  /** Whether one packet of this kind leaves the laptop for the printer's network, the internet or the server. */
  async passes(protocol: 'tcp' | 'udp', address: string, port: number): Promise<boolean> {
    await this.nft(this.gateway, 'reset', 'counters');
    await this.#shell(this.laptop, `echo x > /dev/${protocol}/${address}/${port}`);
    const listed = await this.nft(this.gateway, '-j', 'list', 'counters');
    const counts = counters.parse(JSON.parse(listed)).nftables;
    return counts.some(({ counter }) => counter?.name === 'any' && counter.packets > 0);
  }

  /** As many packets as go out in so many seconds; how many were seen. */
  async flood(place: Place, seconds: number): Promise<number> {
    await this.nft(this.gateway, 'reset', 'counters');
    const loop = `while ((SECONDS < ${seconds})); do echo x > /dev/udp/${places[place]}/9; done 2>/dev/null; true`;
    await this.run('ip', 'netns', 'exec', this.laptop, 'bash', '-c', loop);
    const listed = await this.nft(this.gateway, '-j', 'list', 'counters');
    const found = counters.parse(JSON.parse(listed)).nftables.find(({ counter }) => counter?.name === place);
    return found?.counter?.packets ?? -1;
  }

  /** How a TCP connection fails, and after how many milliseconds. */
  async connectTo(address: string, port = 9): Promise<{ said: string; ms: number }> {
    const began = performance.now();
    const said = await this.#shell(this.laptop, `echo x > /dev/tcp/${address}/${port}`);
    return { said, ms: performance.now() - began };
  }

  async nft(netns: string, ...args: string[]): Promise<string> {
    return (await this.run('ip', 'netns', 'exec', netns, 'nft', ...args)).stdout;
  }

  /** What is in force on the laptop; empty when nothing is. */
  async table(): Promise<string> {
    return this.nft(this.laptop, 'list', 'table', 'inet', 'postern_guard').catch(() => '');
  }

  async #count(link: string): Promise<void> {
    const rules = ALL.map((place) => {
      const address = places[place];
      return `iifname "${link}" ${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} counter name ${place}`;
    });
    const table = `table inet seen {
      counter any { }
      ${ALL.map((place) => `counter ${place} { }`).join('\n')}
      chain prerouting { type filter hook prerouting priority -300; policy accept;
        ${rules.join('\n')}
        iifname "${link}" meta l4proto { tcp, udp } counter name any
      }
    }`;
    const path = '/usr/sbin/ip';
    const loaded = await runProgram({
      path,
      args: ['netns', 'exec', this.gateway, 'nft', '-f', '-'],
      stdin: table,
    });
    if (!loaded.ok) throw new Error(loaded.message);
  }

  /** What it says on stderr; how it ends does not matter. */
  async #shell(netns: string, script: string): Promise<string> {
    return execute('ip', ['netns', 'exec', netns, 'bash', '-c', script]).then(
      ({ stderr }) => stderr,
      (error: { stderr?: string }) => error.stderr ?? '',
    );
  }

  #ip(netns: string, line: string) {
    return this.run('ip', '-n', netns, ...line.split(' ').filter(Boolean));
  }
}

const counters = z.object({
  nftables: z.array(z.object({ counter: z.object({ name: z.string(), packets: z.number() }).optional() })),
});
