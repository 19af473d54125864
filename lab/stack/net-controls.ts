import { spawn } from 'node:child_process';
import path from 'node:path';
import * as z from 'zod';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { type Addressing, addressing, type RoutedAddressing, type Uplink } from './addressing.ts';
import { checkout } from './folders.ts';
import { inNetns, ipBatch } from './namespaces.ts';
import { portalRules } from './portal-rules.ts';
import { waitFor } from './processes.ts';
import { applyNft, blockNames, blockUdp, blockVpn, uplinkLines } from './routed-network.ts';
import { run, systemPath } from './run.ts';
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

/** The home network has a sign-in page; whoever had signed in has to do it again. */
export async function setCaptivePortal(plan: RoutedPlan, isOn: boolean): Promise<void> {
  if (isOn) await startHomeServices(plan);
  await applyNft(plan.routed.uplinks[0].netns, portalRules(isOn));
}

/** The home router answers no names, and passes no question on. */
export async function setNamesBlocked({ routed }: RoutedPlan, isOn: boolean): Promise<void> {
  await applyNft(routed.uplinks[0].netns, blockNames(isOn));
}

/** Names, and the page behind `setCaptivePortal`, on the home router until the stack ends. Nothing happens if it runs. */
export async function startHomeServices({ server, routed }: RoutedPlan): Promise<void> {
  const [{ netns }] = routed.uplinks;
  const listens = async (kind: '-Hltn' | '-Hlun', port: number): Promise<boolean> => {
    const [file = '', ...args] = inNetns(netns, ['ss', kind, 'sport', '=', `:${port}`]);
    return (await run(file, args)).trim() !== '';
  };
  if (await listens('-Hltn', 80)) return;
  const script = path.join(checkout, 'lab/stack/home-services.ts');
  const [file = '', ...args] = inNetns(netns, [process.execPath, script, server, routed.internet4]);
  // It outlives the command that starts it, and ends with its namespace.
  spawn(file, args, { detached: true, stdio: 'ignore', env: { PATH: systemPath } }).unref();
  const signal = new AbortController().signal;
  const ready = { what: 'the home router listened', timeoutMs: 15_000, needs: [], signal };
  await waitFor(ready, async () => (await listens('-Hltn', 80)) && (await listens('-Hlun', 53)));
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
