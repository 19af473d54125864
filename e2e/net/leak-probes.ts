import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { inNetns } from '../../lab/stack/namespaces.ts';
import type { RoutedPlan } from '../../lab/stack/net-controls.ts';
import { waitFor } from '../../lab/stack/processes.ts';
import { applyNft } from '../../lab/stack/routed-network.ts';
import { run } from '../../lab/stack/run.ts';

/** One kind of traffic that may leave the laptop beside the tunnel, told apart by its port at the routers. */
const probes = {
  team: 9101,
  internet4: 9102,
  internet6: 9103,
  'team, forwarded': 9104,
  'internet4, forwarded': 9105,
  'internet6, forwarded': 9106,
} as const;
export type Probe = keyof typeof probes;
const ALL = Object.keys(probes) as Probe[];

const counterList = z.object({
  nftables: z.array(z.object({ counter: z.object({ name: z.string(), packets: z.number() }).optional() })),
});

/** Datagrams that go out all the time, from the laptop and from what it forwards for, and who saw them at the routers. */
export class LeakProbes {
  readonly #plan: RoutedPlan;
  readonly #senders: ChildProcess[] = [];

  private constructor(plan: RoutedPlan) {
    this.#plan = plan;
  }

  /** Resolves when the routers see all of them, so while nothing is held back. */
  static async start(plan: RoutedPlan): Promise<LeakProbes> {
    const started = new LeakProbes(plan);
    const { routed, target, laptopNetns } = plan;
    const count = ALL.map(
      (probe) => `iifname "lan" udp dport ${probes[probe]} counter name p${probes[probe]}`,
    );
    const rules = `table inet leaks {
      ${ALL.map((probe) => `counter p${probes[probe]} { }`).join('\n')}
      chain seen { type filter hook prerouting priority -300; policy accept;
        ${count.join('\n')}
      }
    }`;
    for (const { netns } of routed.uplinks) await applyNft(netns, rules);
    const from = (netns: string, suffix: '' | ', forwarded') => {
      const places = { team: target, internet4: routed.internet4, internet6: routed.internet6 };
      const targets = (['team', 'internet4', 'internet6'] as const).map(
        (place) => `${places[place]},${probes[`${place}${suffix}`]}`,
      );
      const program = path.join(import.meta.dirname, 'leak-sender.ts');
      const [file = '', ...args] = inNetns(netns, [process.execPath, program, ...targets]);
      started.#senders.push(spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
    };
    from(laptopNetns, '');
    from(routed.boxNetns, ', forwarded');
    const signal = new AbortController().signal;
    const ready = { what: 'every probe was on its way', timeoutMs: 30_000, needs: [], signal };
    await waitFor(ready, async () => (await started.leaking(100)).length === ALL.length);
    return started;
  }

  stop(): void {
    for (const sender of this.#senders) sender.kill();
  }

  /** Packets that a router has seen since this was asked last. */
  async seen(): Promise<Record<Probe, number>> {
    const found = await Promise.all(
      this.#plan.routed.uplinks.map(async ({ netns }) => {
        const [file = '', ...args] = inNetns(netns, [
          'nft',
          '-j',
          'reset',
          'counters',
          'table',
          'inet',
          'leaks',
        ]);
        return counterList.parse(JSON.parse(await run(file, args))).nftables;
      }),
    );
    const count = (probe: Probe) =>
      found
        .flat()
        .map(({ counter }) => (counter?.name === `p${probes[probe]}` ? counter.packets : 0))
        .reduce((sum, packets) => sum + packets, 0);
    return Object.fromEntries(ALL.map((probe) => [probe, count(probe)])) as Record<Probe, number>;
  }

  /** The kinds that are seen while `forMs` pass. */
  async leaking(forMs: number): Promise<Probe[]> {
    await this.seen();
    await sleep(forMs);
    const seen = await this.seen();
    return ALL.filter((probe) => seen[probe] > 0);
  }
}
export const everyProbe = ALL;
