import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import * as z from 'zod';
import { listRuleset, listTable } from '../src-node/nft.ts';
import { runIp } from '../src-node/wireguard/network-interface.ts';
import { alternatePortsOf } from './alternate-ports.ts';
import type { GatewayConfig } from './config.ts';
import { foreignForwardDrops, remedyFor } from './foreign-rules.ts';
import { forwardingSetting, isForwarding } from './forwarding.ts';
import { isForwardingOurs } from './packet-filter.ts';
import { listenersOn } from './port-listeners.ts';
import { tableName } from './table-name.ts';

/** One thing that a gateway's host must have; `remedy` is what to do where it has it not. */
export interface HostCheck {
  id: 'egress' | 'forwarding' | 'others' | 'firewall' | 'ports' | 'server' | 'clock';
  ok: boolean;
  detail: string;
  remedy: string | null;
}

/** More than this against the server is worth a word: leases end by the clock. */
const MAX_SKEW_SECONDS = 30;
const ANSWER_LIMIT_MS = 5_000;

const fine = (id: HostCheck['id'], detail: string): HostCheck => ({ id, ok: true, detail, remedy: null });
const wrong = (id: HostCheck['id'], detail: string, remedy: string): HostCheck => ({
  id,
  ok: false,
  detail,
  remedy,
});

/** Everything that would silently break this gateway on its host. Needs root. Rejects when it cannot look. */
export async function checkHost(config: GatewayConfig): Promise<HostCheck[]> {
  return [
    await egressCheck(config),
    ...(await forwardingChecks(config)),
    ...(await firewallChecks(config)),
    ...(await portChecks(config)),
    ...(await serverChecks(config)),
  ];
}

const links = z.array(z.object({ ifname: z.string() }));

export async function egressCheck({ nat, egressInterface }: GatewayConfig): Promise<HostCheck> {
  if (!nat || egressInterface === undefined)
    return fine('egress', 'Members keep their own addresses (no NAT).');
  const listed = await runIp(['-j', 'link', 'show']);
  if (!listed.ok) throw new Error(listed.message);
  const names = links.parse(JSON.parse(listed.stdout)).map(({ ifname }) => ifname);
  if (names.includes(egressInterface)) return fine('egress', `Members leave by ${egressInterface}.`);
  const others = names.filter((name) => name !== 'lo').join(', ');
  return wrong(
    'egress',
    `There is no interface ${egressInterface}.`,
    `Set egressInterface to the one that leads to the team's networks: ${others}.`,
  );
}

async function forwardingChecks({
  address,
  interfaceName,
  forwardOthers,
}: GatewayConfig): Promise<HostCheck[]> {
  if (!(await isForwarding(address))) {
    // The service may not turn it on by itself: the unit protects the kernel's settings.
    const remedy = `sysctl -w ${forwardingSetting(address)}=1, and the same in /etc/sysctl.d`;
    return [wrong('forwarding', 'This host passes no packets on.', remedy)];
  }
  return [
    fine('forwarding', 'This host passes packets on.'),
    othersCheck(forwardOthers, await isForwardingOurs(interfaceName)),
  ];
}

function othersCheck(forwardOthers: boolean | undefined, isForwardingOurs: boolean): HostCheck {
  if (forwardOthers === true) return fine('others', 'This host forwards for others, too (forwardOthers).');
  if (forwardOthers === false)
    return fine('others', 'This host forwards for the tunnel alone (forwardOthers = false).');
  if (isForwardingOurs)
    return fine('others', 'This host forwards for the tunnel, and for its own bridges (containers).');
  return wrong(
    'others',
    'This host forwarded before the agent started, and does so for whoever reaches its address.',
    'Say which is right: forwardOthers = true for a router or a host with containers, else false.',
  );
}

/** Also for the log of a start: a firewall that came later is the usual reason for a tunnel through which nothing loads. */
export async function firewallChecks({ interfaceName }: GatewayConfig): Promise<HostCheck[]> {
  const drops = foreignForwardDrops(await listRuleset(), interfaceName, tableName(interfaceName));
  if (drops.length === 0) return [fine('firewall', 'No other firewall drops what is forwarded.')];
  return drops.map((drop) =>
    wrong(
      'firewall',
      `The table "${drop.table}", chain ${drop.chain}, of another program drops what members send.`,
      remedyFor(drop, interfaceName),
    ),
  );
}

async function portChecks({ interfaceName, listenPort }: GatewayConfig): Promise<HostCheck[]> {
  const ports = alternatePortsOf(await listTable(tableName(interfaceName)));
  const lead = fine('ports', `UDP ${[listenPort, ...ports].join(', ')}: what comes here gets to the tunnel.`);
  const listeners = await listenersOn(ports);
  return [lead, ...listeners.map(({ detail, remedy }) => wrong('ports', detail, remedy))];
}

async function serverChecks({ serverUrl, caFile }: GatewayConfig): Promise<HostCheck[]> {
  const ca = caFile === undefined ? undefined : await readFile(caFile);
  const answer = await healthOf(serverUrl, ca);
  if ('failure' in answer)
    return [
      wrong(
        'server',
        `${serverUrl} does not answer: ${answer.failure}.`,
        'Look at serverUrl, at caFile, and at the firewall between here and there.',
      ),
    ];
  const skewSeconds = Math.round(Math.abs(Date.now() - answer.dateMs) / 1000);
  const server = fine('server', `${serverUrl} answers.`);
  if (!(skewSeconds > MAX_SKEW_SECONDS)) return [server, fine('clock', "This host's clock is right.")];
  const detail = `This host's clock and the server's differ by ${skewSeconds} s.`;
  return [server, wrong('clock', detail, 'timedatectl set-ntp true')];
}

type Health = { dateMs: number } | { failure: string };

function healthOf(serverUrl: string, ca: Buffer | undefined): Promise<Health> {
  return new Promise((resolve) => {
    const asked = request(
      new URL('/healthz', serverUrl),
      { timeout: ANSWER_LIMIT_MS, ...(ca === undefined ? {} : { ca }) },
      (response) => {
        response.resume();
        const { statusCode = 0, headers } = response;
        if (statusCode >= 400) resolve({ failure: `HTTP ${statusCode}` });
        else resolve({ dateMs: Date.parse(headers.date ?? '') });
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS / 1000} s`)));
    asked.on('error', (error) => resolve({ failure: error.message }));
    asked.end();
  });
}
