import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { certificateReason, isCertificateFault } from '../src-node/certificate-fault.ts';
import { fine, wrong } from '../src-node/check.ts';
import { listTable } from '../src-node/nft.ts';
import type { GatewayConfig } from './config.ts';
import { FAMILIES, type Family, familyOf } from './family.ts';
import { addressesOf, ownForwardingOf } from './filter-table.ts';
import { isForwarding } from './forwarding.ts';
import { type HostCheck, looked } from './host-check.ts';
import { passageChecks } from './passage-checks.ts';
import { tableName } from './table-name.ts';

/** More than this against the server is worth a word: leases end by the clock. */
const MAX_SKEW_SECONDS = 30;
const ANSWER_LIMIT_MS = 5_000;

/** Everything that would silently break this gateway on its host. Needs root. What cannot be looked at is named, too. */
export async function checkHost(config: GatewayConfig): Promise<HostCheck[]> {
  return [
    ...(await passageChecks(config)),
    ...(await looked('others', () => othersChecks(config))),
    ...(await looked('server', () => serverChecks(config))),
  ];
}

async function othersChecks({ address, interfaceName, forwardOthers }: GatewayConfig): Promise<HostCheck[]> {
  const table = await listTable(tableName(interfaceName));
  const isServed = (family: Family) =>
    [address, ...addressesOf(table)].some((one) => familyOf(one) === family);
  const open: Family[] = [];
  for (const family of FAMILIES) if (isServed(family) && (await isForwarding(family))) open.push(family);
  if (open.length === 0) return [];
  if (forwardOthers === true) return [fine('others', 'This host forwards for others, too (forwardOthers).')];
  if (forwardOthers === false)
    return [fine('others', 'This host forwards for the tunnel alone (forwardOthers = false).')];
  const ours = ownForwardingOf(table);
  if (open.every((family) => ours.has(family)))
    return [fine('others', 'This host forwards for the tunnel, and for its own bridges (containers).')];
  return [
    wrong(
      'others',
      'This host forwarded before the agent started, and does so for whoever reaches its address.',
      'Say which is right: forwardOthers = true for a router or a host with containers, else false.',
    ),
  ];
}

async function serverChecks({ serverUrl, caFile }: GatewayConfig): Promise<HostCheck[]> {
  const ca = caFile === undefined ? undefined : await readFile(caFile);
  const answer = await healthOf(serverUrl, ca);
  if ('failure' in answer && answer.code !== undefined && isCertificateFault(answer.code))
    return [
      wrong(
        'server',
        await certificateReason(answer.code, serverUrl, Date.now()),
        'Renew the certificate on the server; where an authority of your own certifies it, name that in caFile.',
      ),
    ];
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

type Health = { dateMs: number } | { failure: string; code?: string | undefined };

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
    asked.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ failure: error.message, code: error.code }),
    );
    asked.end();
  });
}
