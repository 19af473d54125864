import { type Command, InvalidArgumentError, Option } from 'commander';
import { MTU } from '../../../src-shared/gateway-limits.ts';
import { udpPort } from '../../../src-shared/primitives.ts';
import { ok } from '../../../src-shared/problem.ts';
import { typedDomain } from '../../../src-shared/typed-domain.ts';
import { readAddress, readNetwork } from '../../../src-shared/typed-network.ts';
import { addGateway, editGateway } from '../../access/gateway/gateway-store.ts';
import { installLine } from '../../access/gateway/install-line.ts';
import { tellOwnersOf } from '../../people/members/owner-notices.ts';
import { personAtServer } from '../admin-desk.ts';
import { examples } from '../command-groups.ts';
import { refuseWords, valueOr } from '../refusal.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  listOf,
  print,
  properName,
  wholeNumber,
  withCommonOptions,
  withServerFiles,
} from '../run-command.ts';
import { listGateways, showGateway } from './gateway-list.ts';
import { gatewayNamed } from './gateway-named.ts';
import { gatewayTroubleText } from './gateway-trouble-text.ts';

type AddOptions = CommonOptions & {
  subnet: string[];
  /** Empty: none. */
  subnet6: string;
  allowedIps: string[];
  dns: string[];
  dnsDomains: string[];
  dnsSearch: string[];
  alternatePorts: number[];
  mtu: number;
  keepalive: number;
};

type EditOptions = CommonOptions & Partial<Omit<AddOptions, 'subnet'>> & { name?: string };

const CHANGEABLE =
  '--name, --subnet6, --allowed-ips, --dns, --dns-domains, --dns-search, --alternate-ports, --mtu or --keepalive';
const KEEPALIVE = 'so that a NAT keeps the way open';
const option = (flags: string, text: string, [least, most]: [number, number]) =>
  new Option(flags, text).argParser(wholeNumber(least, most));
const DOMAINS = 'names that the DNS servers are asked for, such as corp.example; all others stay outside';
const SEARCH = 'domains in which a name without a dot is looked for';
const PORTS = 'UDP ports that lead to the tunnel too where a network blocks its own, such as 443,53';
const SUBNET6 = 'their addresses in IPv6 beside it, such as fd12:3456:789a::/64';
const networks = listOf('a network such as 10.86.0.0/24', readNetwork);
const addresses = listOf('an IP address', readAddress);
const domains = listOf('a domain such as corp.example', typedDomain);
const ports = listOf('a port from 1 to 65535', (item) =>
  /^\d+$/.test(item) ? (udpPort.safeParse(Number(item)).data ?? null) : null,
);

/** `gateway add|edit|list|show`. */
export function addGatewayCommands(program: Command): void {
  const gateway = program.command('gateway').description('where tunnels end');
  withCommonOptions(gateway.command('add'))
    .argument('<name>', 'what people call it', properName)
    .description('add a gateway and print the token of its agent, once')
    .requiredOption('--subnet <network>', "the devices' addresses, such as 10.86.0.0/24", networks)
    .option('--subnet6 <network>', SUBNET6, network6, '')
    .requiredOption('--allowed-ips <networks>', 'what goes through the tunnel, separated by commas', networks)
    .option('--dns <addresses>', 'DNS servers inside, separated by commas', addresses, [])
    .option('--dns-domains <domains>', DOMAINS, domains, [])
    .option('--dns-search <domains>', SEARCH, domains, [])
    .option('--alternate-ports <ports>', PORTS, ports, [])
    .addOption(option('--mtu <bytes>', 'of the tunnel', [MTU.least, MTU.most]).default(1420))
    .addOption(option('--keepalive <seconds>', KEEPALIVE, [0, 65_535]).default(25))
    .addHelpText(
      'after',
      examples('gateway add main --subnet 10.86.0.0/22 --allowed-ips 10.20.0.0/16 --dns 10.20.0.53'),
    )
    .action(add);
  withCommonOptions(gateway.command('edit'))
    .argument('<gateway>', 'its id or name')
    .description(
      'change a gateway; connections take the change when they are renewed or made anew, but lose IPv6 at once with its network',
    )
    .option('--name <name>', 'what people call it', properName)
    .option(
      '--subnet6 <network>',
      "the devices' addresses in IPv6; none: without. Another takes the present ones from connections at once",
      network6,
    )
    .option('--allowed-ips <networks>', 'what goes through the tunnel, separated by commas', networks)
    .option('--dns <addresses>', 'DNS servers inside, separated by commas; "" for none', addresses)
    .option('--dns-domains <domains>', `${DOMAINS}; "" for every name`, domains)
    .option('--dns-search <domains>', `${SEARCH}; "" for none`, domains)
    .option('--alternate-ports <ports>', `${PORTS}; "" for none`, ports)
    .addOption(option('--mtu <bytes>', 'of the tunnel', [MTU.least, MTU.most]))
    .addOption(option('--keepalive <seconds>', KEEPALIVE, [0, 65_535]))
    .addHelpText('after', examples('gateway edit main --alternate-ports 443,53'))
    .action(edit);
  withCommonOptions(gateway.command('list'))
    .description('all gateways')
    .addHelpText('after', examples('gateway list'))
    .action(listGateways);
  withCommonOptions(gateway.command('show'))
    .argument('<gateway>', 'its id or name')
    .description('a gateway with its settings')
    .addHelpText('after', examples('gateway show main'))
    .action(showGateway);
}

async function add(name: string, options: AddOptions): Promise<void> {
  const { allowedIps, dns, dnsDomains, dnsSearch, alternatePorts, mtu, keepalive } = options;
  const subnet6 = options.subnet6 || null;
  const [subnet] = options.subnet;
  if (subnet === undefined || options.subnet.length > 1 || allowedIps.length === 0) {
    refuseWords(options, 'Expected one --subnet and at least one network in --allowed-ips.');
    return;
  }
  await withServerFiles(options, async (ctx) => {
    const names = { dns, dnsDomains, dnsSearch };
    const input = {
      name,
      subnet,
      subnet6,
      allowedIps,
      ...names,
      alternatePorts,
      mtu,
      keepaliveSeconds: keepalive,
    };
    const added = await ctx.database.db.transaction().execute(async (tx) => {
      const result = await addGateway(tx, { ...input, actor: CLI_ACTOR, now: ctx.now() });
      const change = { what: 'gateway-token' as const, gateway: name, isNew: true };
      if (result.ok) await tellOwnersOf(tx, ctx, personAtServer(), change);
      return result;
    });
    const value = valueOr(options, added);
    if (!value) return;
    print(options, { ...value, name }, [
      `Added gateway ${name}`,
      `  id     ${value.id}`,
      `  token  ${value.token}   (shown only now)`,
      ...value.troubles.map((trouble) => `  note   ${gatewayTroubleText(trouble)}`),
      ...(value.troubles.length > 0 ? [`         postern-server gateway edit ${value.id} changes it.`] : []),
      '  on the gateway, as root:',
      `  ${installLine({ issuer: ctx.config.issuer, gatewayId: value.id, ...value, mtu, dns })}`,
      `  ADDRESS is where clients reach it. Add --nat INTERFACE unless the networks behind it route ${[value.subnet, value.subnet6].filter(Boolean).join(' and ')} to it.`,
    ]);
  });
}

async function edit(gateway: string, options: EditOptions): Promise<void> {
  const { name, allowedIps, dns, dnsDomains, dnsSearch, alternatePorts, mtu, keepalive } = options;
  const names = { dns, dnsDomains, dnsSearch };
  const subnet6 = options.subnet6 === '' ? null : options.subnet6;
  const change = { name, subnet6, allowedIps, ...names, alternatePorts, mtu, keepaliveSeconds: keepalive };
  if (Object.values(change).every((value) => value === undefined)) {
    refuseWords(options, `Say what to change: ${CHANGEABLE}.`);
    return;
  }
  await withServerFiles(options, async (ctx) => {
    const edited = await ctx.database.db.transaction().execute(async (tx) => {
      const found = await gatewayNamed(tx, gateway);
      if (!found.ok) return found;
      const row = found.value;
      const { id } = row;
      const result = await editGateway(tx, { id, change, actor: CLI_ACTOR, now: ctx.now() });
      return result.ok ? ok({ id, name: name ?? row.name, ...result.value }) : result;
    });
    const value = valueOr(options, edited);
    if (!value) return;
    print(options, value, [
      `Changed gateway ${value.name}. Connections that there are keep what they have until they are renewed${value.endsIpv6 ? ', but for their IPv6 addresses: these are gone now' : ''}.`,
      ...value.troubles.map((trouble) => `  note   ${gatewayTroubleText(trouble)}`),
    ]);
  });
}

/** A network in IPv6; empty for `none`, since commander takes null for an option without a value. */
function network6(text: string): string {
  if (['', 'none'].includes(text.trim().toLowerCase())) return '';
  const network = readNetwork(text);
  if (!network?.includes(':'))
    throw new InvalidArgumentError('Expected an IPv6 network such as fd12:3456:789a::/64, or none.');
  return network;
}
