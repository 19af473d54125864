import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../../src-node/run-program.ts';
import { inNetns } from './namespaces.ts';
import type { RoutedPlan } from './net-controls.ts';
import { waitFor } from './processes.ts';
import { run } from './run.ts';
import { StackError } from './stack-error.ts';

const LEASE_SECONDS = 600;

/** Files of the home network's DHCP: `folder` is the stack's. */
const fileIn = (folder: string, name: string): string => path.join(folder, 'dhcp', name);
const leasesOf = (folder: string): string[] =>
  readFileSync(fileIn(folder, 'leases.txt'), 'utf8').split('\n').filter(Boolean);

/** From here on the home router gives addresses out, and the laptop has its own from there. */
export async function startDhcp(plan: RoutedPlan, folder: string): Promise<void> {
  const [home] = plan.routed.uplinks;
  if (findProgram('busybox') === null)
    throw new StackError('DHCP needs udhcpd and udhcpc of busybox: sudo apt-get install busybox');
  mkdirSync(fileIn(folder, ''), { recursive: true, mode: 0o700 });
  writeFileSync(fileIn(folder, 'leases.txt'), '');
  await offer(plan, folder, home.laptop4);
  await inside(plan.laptopNetns, ['ip', '-4', 'addr', 'flush', 'dev', home.interface]);
  const client = ['-i', home.interface, '-n', '-t', '20', '-T', '1', '-p', fileIn(folder, 'client.pid')];
  const script = path.join(import.meta.dirname, 'dhcp-client.sh');
  const env = { LAB_LEASES: fileIn(folder, 'leases.txt') };
  // It goes into the background once it has a lease, and ends with its namespace.
  await inside(plan.laptopNetns, ['busybox', 'udhcpc', ...client, '-s', script], env);
}

/**
 * Has the laptop ask the router again, for the address that it has or, with `address`, for one that the router gives it
 * instead. Resolves when the laptop has it.
 */
export async function renewLease(plan: RoutedPlan, folder: string, address?: string): Promise<void> {
  const before = leasesOf(folder).length;
  const client = readFileSync(fileIn(folder, 'client.pid'), 'utf8').trim();
  if (address !== undefined) {
    await inside(plan.routed.uplinks[0].netns, [
      'kill',
      readFileSync(fileIn(folder, 'server.pid'), 'utf8').trim(),
    ]);
    await offer(plan, folder, address);
    await run('kill', ['-USR2', client]);
  }
  await run('kill', ['-USR1', client]);
  const wanted = address ?? plan.routed.uplinks[0].laptop4;
  const signal = new AbortController().signal;
  await waitFor({ what: `the laptop got ${wanted}`, timeoutMs: 15_000, needs: [], signal }, () =>
    leasesOf(folder)
      .slice(before)
      .includes(`${address === undefined ? 'renew' : 'bound'} ${wanted}`),
  );
}

/** One address for whoever asks: there is one laptop. */
async function offer({ routed }: RoutedPlan, folder: string, address: string): Promise<void> {
  const [home] = routed.uplinks;
  const configuration = fileIn(folder, 'server.conf');
  const lines = [
    `start ${address}`,
    `end ${address}`,
    'interface lan',
    `lease_file ${fileIn(folder, 'server.leases')}`,
    `pidfile ${fileIn(folder, 'server.pid')}`,
    `opt router ${home.router4}`,
    `opt dns ${home.router4}`,
    'opt subnet 255.255.255.0',
    `opt lease ${LEASE_SECONDS}`,
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  writeFileSync(fileIn(folder, 'server.leases'), '');
  // It asks the network whether somebody has the address, 2 s unless told otherwise. It goes into the background.
  await inside(home.netns, ['busybox', 'udhcpd', '-a', '50', configuration]);
}

async function inside(
  netns: string,
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const [file = '', ...args] = inNetns(netns, command);
  await run(file, args, { env });
}
