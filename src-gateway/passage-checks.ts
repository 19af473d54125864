import { fine, wrong } from '../src-node/check.ts';
import { listRuleset, listTable } from '../src-node/nft.ts';
import { alternatePortsOf } from './alternate-ports.ts';
import type { GatewayConfig } from './config.ts';
import { FAMILIES, type Family, familyName, familyOf } from './family.ts';
import { addressesOf } from './filter-table.ts';
import { foreignForwardDrops, remedyFor } from './foreign-rules.ts';
import { closedInterfaces, forwardingRemedy, isForwarding, whyNoIpv6 } from './forwarding.ts';
import { type HostCheck, looked } from './host-check.ts';
import { legacyTables } from './legacy-rules.ts';
import { hasAddress, type Link, listLinks } from './links.ts';
import { listenersOn } from './port-listeners.ts';
import { parseRuleset } from './ruleset.ts';
import { tableName } from './table-name.ts';

/** What only the agent itself knows: why the host refused something. */
export interface Refusals {
  /** By address, CIDR. */
  addresses: ReadonlyMap<string, string>;
  ports: { ports: readonly number[]; why: string } | null;
}

const NONE: Refusals = { addresses: new Map(), ports: null };

/**
 * Whether members' packets pass this host: one look with two or three calls of `nft` and `ip`. Never rejects: what
 * cannot be looked at is named. Needs root.
 */
export async function passageChecks(config: GatewayConfig, refusals: Refusals = NONE): Promise<HostCheck[]> {
  const { interfaceName, listenPort } = config;
  const listed = handled(listLinks());
  const table = handled(listTable(tableName(interfaceName)));
  const own = async () => {
    const named = addressesOf(await table);
    const addresses = named.length > 0 ? named : [config.address];
    const link = (await listed).find(({ name }) => name === interfaceName);
    return { link, addresses, there: addresses.filter((one) => !link || hasAddress(link, one)) };
  };
  const familiesOf = (addresses: readonly string[]): Family[] =>
    FAMILIES.filter((family) => addresses.some((address) => familyOf(address) === family));
  const found = await Promise.all([
    looked('egress', async () => [egressCheck(config, await listed)]),
    looked('address', async () => {
      const { link, addresses } = await own();
      return link ? addressChecks(link, addresses, refusals) : [];
    }),
    looked('forwarding', async () => forwardingChecks(config, familiesOf((await own()).there))),
    looked('firewall', async () => {
      const addresses = (await own()).there;
      const tables = parseRuleset(await listRuleset());
      return [
        ...firewallChecks(config, addresses, tables),
        ...(await looked('firewall', async () => {
          const old = await legacyTables(familiesOf(addresses));
          return firewallChecks(config, addresses, old).filter(({ ok }) => !ok);
        })),
      ];
    }),
    looked('ports', async () => portChecks(listenPort, alternatePortsOf(await table), refusals)),
  ]);
  return found.flat();
}

/** One that fails is heard of where it is waited for, or by another that waits for it. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function egressCheck({ nat, egressInterface }: GatewayConfig, links: readonly Link[]): HostCheck {
  if (!nat || egressInterface === undefined)
    return fine('egress', 'Members keep their own addresses (no NAT).');
  const missing = missingEgress(egressInterface, links);
  if (missing) return missing;
  if (links.find(({ name }) => name === egressInterface)?.isUp)
    return fine('egress', `Members leave by ${egressInterface}.`);
  return wrong(
    'egress',
    `The interface ${egressInterface}, by which members leave, is down or has nothing at its other end.`,
    `ip link set ${egressInterface} up, or look at its cable`,
  );
}

/** What is wrong where the host has not the interface by which members leave; null: it has it. */
export function missingEgress(egressInterface: string, links: readonly Link[]): HostCheck | null {
  const names = links.map(({ name }) => name);
  if (names.includes(egressInterface)) return null;
  return wrong(
    'egress',
    `There is no interface ${egressInterface}.`,
    `Set egressInterface to the one that leads to the team's networks: ${names.filter((name) => name !== 'lo').join(', ')}.`,
  );
}

async function addressChecks(
  link: Link,
  addresses: readonly string[],
  refusals: Refusals,
): Promise<HostCheck[]> {
  const missing = addresses.filter((address) => !hasAddress(link, address));
  if (missing.length === 0) return [fine('address', `The tunnel has ${addresses.join(' and ')}.`)];
  const noIpv6 = await whyNoIpv6(link.name);
  return missing.map((address) => {
    const isOff = familyOf(address) === 'ipv6' && noIpv6 !== null;
    const why = isOff ? noIpv6.why : refusals.addresses.get(address);
    return wrong(
      'address',
      `The tunnel has not the address ${address}${why === undefined ? '' : `: ${why}`}.`,
      isOff ? noIpv6.remedy : `ip address replace ${address} dev ${link.name} says why`,
    );
  });
}

async function forwardingChecks(
  { interfaceName, egressInterface }: GatewayConfig,
  families: readonly Family[],
): Promise<HostCheck[]> {
  const found: HostCheck[] = [];
  for (const family of families)
    if (!(await isForwarding(family)))
      // The service may not turn it on by itself: the unit protects the kernel's settings.
      found.push(
        wrong(
          'forwarding',
          `This host passes no ${familyName[family]} packets on.`,
          await forwardingRemedy(family),
        ),
      );
  const closed = families.includes('ipv4')
    ? await closedInterfaces([interfaceName, ...(egressInterface === undefined ? [] : [egressInterface])])
    : [];
  if (found.length === 0 && closed.length > 0)
    found.push(
      wrong(
        'forwarding',
        `This host passes no IPv4 packets on that arrive on ${closed.join(' or ')}.`,
        `sysctl -w ${closed.map((name) => `net/ipv4/conf/${name}/forwarding=1`).join(' ')}`,
      ),
    );
  return found.length > 0 ? found : [fine('forwarding', 'This host passes packets on.')];
}

function firewallChecks(
  { interfaceName, egressInterface, nat }: GatewayConfig,
  addresses: readonly string[],
  tables: Parameters<typeof foreignForwardDrops>[0],
): HostCheck[] {
  const way = { interfaceName, egressInterface: (nat && egressInterface) || null, addresses };
  const drops = foreignForwardDrops(tables, way, tableName(interfaceName));
  if (drops.length === 0) return [fine('firewall', 'No other firewall drops what is forwarded.')];
  return drops.map((drop) =>
    wrong(
      'firewall',
      `The table "${drop.table}", chain ${drop.chain}, of another program drops what members send.`,
      remedyFor(drop, interfaceName),
    ),
  );
}

async function portChecks(
  listenPort: number,
  ports: readonly number[],
  { ports: refused }: Refusals,
): Promise<HostCheck[]> {
  const lead = fine('ports', `UDP ${[listenPort, ...ports].join(', ')}: what comes here gets to the tunnel.`);
  const listeners = await listenersOn(ports);
  return [
    lead,
    ...(refused === null
      ? []
      : [
          wrong(
            'ports',
            `The alternate ports ${refused.ports.join(', ')} do not lead to the tunnel: ${refused.why}.`,
            'Use a kernel and an nft that have NAT for this, or take the ports out of this gateway.',
          ),
        ]),
    ...listeners.map(({ detail, remedy }) => wrong('ports', detail, remedy)),
  ];
}
