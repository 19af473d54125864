import { type Command, Option } from 'commander';
import { assertNever } from '../../src-shared/assert-never.ts';
import { MTU } from '../../src-shared/gateway-limits.ts';
import type { GatewayTrouble } from '../../src-shared/gateway-troubles.ts';
import { cidr, ipAddress } from '../../src-shared/primitives.ts';
import { fail, ok } from '../../src-shared/problem.ts';
import { removeGateway } from '../access/enforcement/gateway-removal.ts';
import { addGateway, editGateway } from '../access/gateway/gateway-store.ts';
import { installLine } from '../access/gateway/install-line.ts';
import {
  CLI_ACTOR,
  type CommonOptions,
  EXIT_FAILED,
  listOf,
  print,
  properName,
  refuse,
  shortTime,
  valueOrRefuse,
  wholeNumber,
  withCommonOptions,
  withServerFiles,
} from './run-command.ts';

type AddOptions = CommonOptions & {
  subnet: string[];
  allowedIps: string[];
  dns: string[];
  mtu: number;
  keepalive: number;
};

type EditOptions = CommonOptions & Partial<Omit<AddOptions, 'subnet'>> & { name?: string };

const KEEPALIVE = 'so that a NAT keeps the way open';
const option = (flags: string, text: string, [least, most]: [number, number]) =>
  new Option(flags, text).argParser(wholeNumber(least, most));
const networks = listOf('a network such as 10.86.0.0/24', (item) => cidr.safeParse(item).success);
const addresses = listOf('an IP address', (item) => ipAddress.safeParse(item).success);

/** `gateway add|edit|list|remove`. */
export function addGatewayCommands(program: Command): void {
  const gateway = program.command('gateway').description('where tunnels end');
  withCommonOptions(gateway.command('add'))
    .argument('<name>', 'what people call it', properName)
    .description('add a gateway and print the token of its agent, once')
    .requiredOption('--subnet <network>', "the devices' addresses, such as 10.86.0.0/24", networks)
    .requiredOption('--allowed-ips <networks>', 'what goes through the tunnel, separated by commas', networks)
    .option('--dns <addresses>', 'DNS servers inside, separated by commas', addresses, [])
    .addOption(option('--mtu <bytes>', 'of the tunnel', [MTU.least, MTU.most]).default(1420))
    .addOption(option('--keepalive <seconds>', KEEPALIVE, [0, 65_535]).default(25))
    .action(add);
  withCommonOptions(gateway.command('edit'))
    .argument('<gateway>', 'its id or name')
    .description('change a gateway; connections take the change when they are renewed or made anew')
    .option('--name <name>', 'what people call it', properName)
    .option('--allowed-ips <networks>', 'what goes through the tunnel, separated by commas', networks)
    .option('--dns <addresses>', 'DNS servers inside, separated by commas; "" for none', addresses)
    .addOption(option('--mtu <bytes>', 'of the tunnel', [MTU.least, MTU.most]))
    .addOption(option('--keepalive <seconds>', KEEPALIVE, [0, 65_535]))
    .action(edit);
  withCommonOptions(gateway.command('list')).description('all gateways').action(list);
  withCommonOptions(gateway.command('remove <id>'))
    .description('remove a gateway; its connections end')
    .action(remove);
}

async function add(name: string, options: AddOptions): Promise<void> {
  const { allowedIps, dns, mtu, keepalive } = options;
  const [subnet] = options.subnet;
  if (subnet === undefined || options.subnet.length > 1 || allowedIps.length === 0) {
    refuse(['Expected one --subnet and at least one network in --allowed-ips.'], EXIT_FAILED);
    return;
  }
  await withServerFiles(options, async (ctx) => {
    const input = { name, subnet, allowedIps, dns, mtu, keepaliveSeconds: keepalive };
    const added = await ctx.database.db
      .transaction()
      .execute((tx) => addGateway(tx, { ...input, actor: CLI_ACTOR, now: ctx.now() }));
    const value = valueOrRefuse(added);
    if (!value) return;
    print(options, { ...value, name }, [
      `Added gateway ${name}`,
      `  id     ${value.id}`,
      `  token  ${value.token}   (shown only now)`,
      ...value.troubles.map((trouble) => `  note   ${troubleText(trouble)}`),
      ...(value.troubles.length > 0 ? [`         postern-server gateway edit ${value.id} changes it.`] : []),
      '  on the gateway, as root:',
      `  ${installLine({ issuer: ctx.config.issuer, gatewayId: value.id, ...value, mtu, dns })}`,
      `  ADDRESS is where clients reach it. Add --nat INTERFACE unless the networks behind it route ${value.subnet} to it.`,
    ]);
  });
}

async function edit(gateway: string, options: EditOptions): Promise<void> {
  const { name, allowedIps, dns, mtu, keepalive } = options;
  const change = { name, allowedIps, dns, mtu, keepaliveSeconds: keepalive };
  if (Object.values(change).every((value) => value === undefined)) {
    refuse(['Say what to change: --name, --allowed-ips, --dns, --mtu or --keepalive.'], EXIT_FAILED);
    return;
  }
  await withServerFiles(options, async (ctx) => {
    const edited = await ctx.database.db.transaction().execute(async (tx) => {
      const row = await tx
        .selectFrom('gateway')
        .select(['id', 'name'])
        .where('removed_at', 'is', null)
        .where((eb) => eb.or([eb('id', '=', gateway.toLowerCase()), eb('name', '=', gateway)]))
        .executeTakeFirst();
      if (!row) return fail('gateway-not-found', `There is no gateway ${gateway}.`);
      const { id } = row;
      const result = await editGateway(tx, { id, change, actor: CLI_ACTOR, now: ctx.now() });
      return result.ok ? ok({ id, name: name ?? row.name, ...result.value }) : result;
    });
    const value = valueOrRefuse(edited);
    if (!value) return;
    print(options, value, [
      `Changed gateway ${value.name}. Connections that there are keep what they have until they are renewed.`,
      ...value.troubles.map((trouble) => `  note   ${troubleText(trouble)}`),
    ]);
  });
}

function troubleText({ code, value }: GatewayTrouble): string {
  switch (code) {
    case 'names-stay-here':
      return 'Everything goes through the tunnel, but names are asked of the network that a member is on: set --dns.';
    case 'resolver-outside':
      return `The name server ${value} is in none of the networks of --allowed-ips, so nobody reaches it through the tunnel.`;
    case 'ipv6-refused':
      return 'IPv6 in --allowed-ips is refused on the laptops: the gateway has no IPv6 subnet.';
    case 'ipv4-refused':
      return 'IPv4 in --allowed-ips is refused on the laptops: the gateway has no IPv4 subnet.';
    case 'ipv6-beside':
      return 'IPv6 of the members leaves beside the tunnel: add ::/0 to --allowed-ips to have it refused.';
    case 'subnet-overlap':
      return `The subnet shares addresses with that of the gateway ${value}.`;
    default:
      return assertNever(code);
  }
}

async function list(options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const rows = await ctx.database.db
      .selectFrom('gateway')
      .select(['id', 'name', 'subnet', 'endpoint', 'public_key', 'last_seen_at'])
      .where('removed_at', 'is', null)
      .orderBy('name')
      .execute();
    const gateways = rows.map((row) => ({
      id: row.id,
      name: row.name,
      subnet: row.subnet,
      endpoint: row.endpoint,
      publicKey: row.public_key,
      lastSeenAt: row.last_seen_at > 0 ? new Date(row.last_seen_at).toISOString() : null,
    }));
    print(
      options,
      gateways,
      rows.map((row) => {
        const seen = row.last_seen_at > 0 ? `seen ${shortTime(row.last_seen_at)}` : 'never seen';
        return [row.id, row.name, row.subnet, row.endpoint ?? '-', seen].join('  ');
      }),
    );
  });
}

async function remove(id: string, options: CommonOptions): Promise<void> {
  await withServerFiles(options, async (ctx) => {
    const removed = await ctx.database.db
      .transaction()
      .execute((tx) => removeGateway(tx, { id: id.toLowerCase(), actor: CLI_ACTOR, now: ctx.now() }));
    if (removed) print(options, { id }, ['Removed; its connections have ended.']);
    else refuse([`There is no gateway ${id}.`], EXIT_FAILED);
  });
}
