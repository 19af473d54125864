import { inNetns } from '../../lab/stack/namespaces.ts';
import { counters, type RoutedPlan } from '../../lab/stack/net-controls.ts';
import { applyNft } from '../../lab/stack/routed-network.ts';
import { run, tryRun } from '../../lab/stack/run.ts';
import type { RunningStack } from '../../lab/stack/start-stack.ts';
import { wireGuardKey } from '../../src-shared/primitives.ts';

/** Public keys of the peers that `wg show` lists on the first gateway, base64url. */
export async function gatewayPeers(stack: RunningStack): Promise<string[]> {
  const [gateway] = stack.plan.gateways;
  if (!gateway) return [];
  const [file = '', ...args] = inNetns(gateway.netns, ['wg', 'show', gateway.interfaceName, 'peers']);
  const lines = (await run(file, args)).split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => wireGuardKey.parse(line.trim()));
}

/** Whether the peer of the laptop has shaken hands on the gateway, in `wg show`'s words. */
export async function hasHandshake(stack: RunningStack): Promise<boolean> {
  const [gateway] = stack.plan.gateways;
  if (!gateway) return false;
  const command = ['wg', 'show', gateway.interfaceName, 'latest-handshakes'];
  const [file = '', ...args] = inNetns(gateway.netns, command);
  return (await run(file, args)).split('\n').some((line) => Number(line.split('\t')[1] ?? 0) > 0);
}

const SENT = 20;

/** Sends some datagrams from the laptop to a host in the internet; how many of them the router at home has seen. */
export async function leaksSeen(plan: RoutedPlan): Promise<{ sent: number; seen: number }> {
  const { laptopNetns, routed } = plan;
  const [home] = routed.uplinks;
  const rule = `ip daddr ${routed.internet4} udp dport 9 counter name sent`;
  await applyNft(
    home.netns,
    `table inet story\ndelete table inet story\ntable inet story {
      counter sent { }
      chain seen { type filter hook prerouting priority filter; ${rule}; }
    }\n`,
  );
  // That the laptop refuses to send is the best that can happen.
  const send = `for i in $(seq ${SENT}); do echo x > /dev/udp/${routed.internet4}/9; done`;
  const [shell = '', ...sending] = inNetns(laptopNetns, ['bash', '-c', send]);
  await tryRun(shell, sending);
  const found = (await counters(plan)).find(({ hop, name }) => hop === home.name && name === 'sent');
  return { sent: SENT, seen: found?.packets ?? -1 };
}

export type Page = { loads: true; title: string; tookMs: number } | { loads: false; why: string };

const script = `
const begin = performance.now();
fetch(process.argv[1], { signal: AbortSignal.timeout(3000) })
  .then(async (answer) => {
    const text = await answer.text();
    console.log(JSON.stringify({ text, tookMs: performance.now() - begin }));
  })
  .catch((error) => { console.log(String(error.cause?.code ?? error.message)); process.exitCode = 1; });
`;

/** Fetches the page behind the gateway as a program on the laptop would. */
export async function fetchPage(stack: RunningStack): Promise<Page> {
  const command = [process.execPath, '-e', script, stack.file.target.url];
  const [file = '', ...args] = inNetns(stack.plan.laptopNetns, command);
  const { code, stdout, stderr } = await tryRun(file, args);
  if (code !== 0) return { loads: false, why: stdout.trim() || stderr.trim() };
  const { text, tookMs } = JSON.parse(stdout);
  return { loads: true, title: /<h1>(.*?)<\/h1>/.exec(String(text))?.[1] ?? '', tookMs: Number(tookMs) };
}
