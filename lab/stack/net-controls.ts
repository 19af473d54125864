import * as z from 'zod';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { type Addressing, addressing, type RoutedAddressing, type Uplink } from './addressing.ts';
import { inNetns, ipBatch } from './namespaces.ts';
import { applyNft, blockUdp, blockVpn, uplinkLines } from './routed-network.ts';
import { run } from './run.ts';
import { StackError } from './stack-error.ts';

/** What can be done to the network of a running stack. */
export interface RoutedPlan extends Addressing {
  routed: RoutedAddressing;
}

/** The addresses of the stack that wrote this file. Throws `StackError` for one on the flat network. */
export function routedPlan({ laptop, net, gateways }: StackFile): RoutedPlan {
  const number = Number(/^pst(\d+)-/.exec(laptop.netns)?.[1] ?? Number.NaN);
  const hasOverlap = net.uplinks[0]?.prefix4.startsWith('10.214.') ?? false;
  const plan = addressing(number, gateways.length, { net: net.kind, hasOverlap });
  if (plan.routed === null)
    throw new StackError('this stack is on the flat network: start it without --net flat');
  return { ...plan, routed: plan.routed };
}

/** The laptop is on the other network first, and then no longer on the one before, as a laptop that is carried away. */
export async function roam({ laptopNetns, routed }: RoutedPlan, to: Uplink['name']): Promise<void> {
  const next = routed.uplinks.find(({ name }) => name === to);
  if (!next) throw new StackError(`there is no network ${to}`);
  await ipBatch(laptopNetns, uplinkLines(next));
  for (const { interface: link, name } of routed.uplinks)
    if (name !== to) await ipBatch(laptopNetns, [`addr flush dev ${link}`, `link set ${link} down`]);
}

export async function setUdpBlocked({ routed }: RoutedPlan, isOn: boolean): Promise<void> {
  for (const { netns } of routed.uplinks) await applyNft(netns, blockUdp(isOn));
}

/** All UDP but what goes to the ports of names and web pages. */
export async function setVpnBlocked({ routed }: RoutedPlan, isOn: boolean): Promise<void> {
  for (const { netns } of routed.uplinks) await applyNft(netns, blockVpn(isOn));
}

export interface HopCounter {
  hop: string;
  netns: string;
  name: string;
  packets: number;
  bytes: number;
}

const counterList = z.object({
  nftables: z.array(
    z.object({
      counter: z.object({ name: z.string(), packets: z.number(), bytes: z.number() }).optional(),
    }),
  ),
});

/** What came from the laptop's side at each router since the start. */
export async function counters({ routed }: RoutedPlan): Promise<HopCounter[]> {
  const found = routed.uplinks.map(async ({ name: hop, netns }) => {
    const [file = '', ...args] = inNetns(netns, ['nft', '-j', 'list', 'counters']);
    const { nftables } = counterList.parse(JSON.parse(await run(file, args)));
    return nftables.flatMap(({ counter }) => (counter ? [{ hop, netns, ...counter }] : []));
  });
  return (await Promise.all(found)).flat();
}
