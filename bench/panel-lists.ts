import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AuditIndex } from '../src-server/audit/audit-index.ts';
import { PanelClient } from '../src-server/testing/panel-client.ts';
import { startTestServer } from '../src-server/testing/test-server.ts';
import { fillPanelDatabase, type Sizes } from './panel-database.ts';
import { type Row, Samples } from './stats.ts';

const SIZES: Sizes = { members: 5_000, auditRows: 1_000_000, leases: 200_000, live: 1_000, days: 90 };

/**
 * How long the lists of the Control Panel take, over HTTP, with 5,000 members and 1,000,000 audit rows. A server in this
 * process, with a database of its own in a temporary folder.
 */
export async function benchPanelLists(repeats: number, say: (line: string) => void): Promise<Row[]> {
  const samples = new Samples();
  const server = await startTestServer();
  try {
    const owner = await PanelClient.of(server, 'owner');
    const token = await server.addApiToken(['logs:read', 'members:read']);
    let since = performance.now();
    fillPanelDatabase(server.ctx.config.databaseFile, SIZES, server.clock.now);
    say(`database filled (${Math.round(performance.now() - since)} ms)`);
    since = performance.now();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await new AuditIndex(server.ctx.database.db).complete();
    delay.disable();
    samples.add(
      'panel: background work, 1,000,000 rows',
      'search index made anew',
      (performance.now() - since) / 1000,
      's',
    );
    samples.add(
      'panel: background work, 1,000,000 rows',
      'longest stall of the event loop meanwhile',
      delay.max / 1e6,
    );
    say(`index made (${Math.round(performance.now() - since)} ms)`);

    const { lists, logs } = await listsOf(owner);
    const variant = 'panel: lists, 5,000 members, 1,000,000 audit rows';
    for (let round = 0; round < repeats; round++)
      for (const [name, path] of lists) {
        const at = performance.now();
        const answer = await owner.get(path);
        if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
        samples.add(variant, name, performance.now() - at);
      }
    for (let round = 0; round < repeats; round++)
      for (const [name, path] of logs) {
        const at = performance.now();
        const answer = await server.request('GET', `/api/v1/${path}`, { token });
        if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
        samples.add('integration API: logs, 1,000,000 audit rows', name, performance.now() - at);
      }
    await verify(owner, samples);
  } finally {
    await server.close();
  }
  return samples.rows();
}

/** What administrators and integrations look at: name and path, of the panel's lists and of the logs of the API. */
export async function listsOf(owner: PanelClient): Promise<Record<'lists' | 'logs', [string, string][]>> {
  const members = (await owner.get('members?limit=100')).body;
  const audit = (await owner.get('audit?limit=100')).body;
  const [someone] = members.members;
  const gateway = (await owner.get('gateways')).body.gateways[0];
  const week = new Date(Date.now() - 60 * 86_400_000).toISOString();
  const day = new Date(Date.now() - 59 * 86_400_000).toISOString();
  const lists: [string, string][] = [
    ['members, first page', 'members?limit=100'],
    ['members, a later page', `members?limit=100&cursor=${members.nextCursor}`],
    ['members, search', 'members?search=emil&limit=100'],
    ['members, search that finds nobody', 'members?search=nobody'],
    ['members, connected', 'members?status=connected&limit=100'],
    ['members, without MFA', 'members?status=no-mfa&limit=100'],
    ['one member', `members/${someone.id}`],
    ['gateways', 'gateways'],
    ['one gateway with peers', `gateways/${gateway.id}?limit=100`],
    ['API tokens', 'api-tokens'],
    ['audit, first page', 'audit?limit=100'],
    ['audit, a page in the middle', `audit?limit=100&before=${Math.floor(audit.nextBefore / 2)}`],
    ['audit, live view', `audit?after=${audit.newest - 20}`],
    ['audit, one action', 'audit?action=member.disconnect&limit=100'],
    ['audit, one outcome', 'audit?outcome=refused&limit=100'],
    ['audit, one member as actor', `audit?actor=member:${someone.id}&limit=100`],
    ['audit, one member as subject', `audit?subject=member:${someone.id}&limit=100`],
    ['audit, search of an incident', 'audit?search=INC-500000'],
    ['audit, search of a common word', 'audit?search=idle&limit=100'],
    ['audit, search of an address', `audit?search=${someone.email}`],
    ['audit, actor server and action, far back', `audit?actor=server&action=lease.end&before=1000&limit=100`],
    ['audit, what never goes together', 'audit?actor=server&action=proof.totp'],
    ['audit, one day two months ago', `audit?from=${week}&to=${day}&limit=100`],
    ['audit, action on that day', `audit?action=member.disconnect&from=${week}&to=${day}&limit=100`],
    ['audit, actions', 'audit/actions'],
    ['overview, 24 h', 'overview?range=24h'],
    ['overview, 30 days', 'overview?range=30d'],
    ['policy', 'policy'],
    ['resets', 'mfa-resets'],
  ];
  const hour = new Date(Date.now() - 3_600_000).toISOString();
  const logs: [string, string][] = [
    ['gateway-level-logs', 'gateway-level-logs'],
    ['gateway-level-logs of a member', `gateway-level-logs?member_id=${someone.id}`],
    ['system-level-logs', 'system-level-logs'],
    ['system-level-logs, page 5,000', 'system-level-logs?page=5000'],
    ['system-level-logs of a member', `system-level-logs?member_id=${someone.id}`],
    ['gateway-level-logs of a gateway', `gateway-level-logs?gateway_id=${gateway.id}`],
    ['gateway-level-logs, page 100', 'gateway-level-logs?page=100'],
    ['gateway-level-logs of the last hour', `gateway-level-logs?start=${hour}`],
    ['system-level-logs of an action, page 100', 'system-level-logs?action=lease.end&page=100'],
  ];
  return { lists, logs };
}

async function verify(owner: PanelClient, samples: Samples): Promise<void> {
  const variant = 'panel: background work, 1,000,000 rows';
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const since = performance.now();
  delay.enable();
  await owner.call('POST', 'audit/verification', {});
  for (let look = 0; look < 600; look++) {
    const { state } = (await owner.get('audit/verification')).body;
    if (state === 'holds') break;
    if (state !== 'running') throw new Error(`the chain: ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  delay.disable();
  samples.add(variant, 'chain verified', (performance.now() - since) / 1000, 's');
  samples.add(variant, 'longest stall of the event loop meanwhile (verification)', delay.max / 1e6);
}

if (process.argv[1] === import.meta.filename) {
  const { printTable } = await import('./table.ts');
  printTable(await benchPanelLists(Number(process.argv[2] ?? '10'), console.error), 0);
}
