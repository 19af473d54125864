import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { assignPolicy } from '../../src-server/cli/policy/policy-assignments.ts';
import { MAX_ALTERNATE_PORTS } from '../../src-shared/gateway-limits.ts';
import { policySchema } from '../../src-shared/policy.ts';
import { MAX_GATEWAYS, type NetKind } from './addressing.ts';
import type { Programs } from './folders.ts';

export interface StackOptions {
  /** Where everything on disk lives, absolute. */
  folder: string;
  members: number;
  gateways: number;
  /** Milliseconds of round trip between laptop and the rest; 0 for none. */
  rttMs: number;
  /** `routed`, unless said otherwise. */
  net?: NetKind;
  /** Everything goes through the tunnel, not only what is for the team's network. */
  isFullTunnel?: boolean;
  /** The home network has the addresses of the team's network. */
  hasOverlap?: boolean;
  /** The networks of the laptop let no UDP out. */
  blocksUdp?: boolean;
  /** They let UDP out to the ports 53 and 443 alone. */
  blocksVpn?: boolean;
  /** The laptop's first network has a sign-in page. */
  hasCaptivePortal?: boolean;
  /** The laptop has its address from that network by DHCP. */
  hasDhcp?: boolean;
  /** Tunnels, and what is behind the gateways, have IPv6 as well. */
  hasIpv6?: boolean;
  /** UDP ports of the first gateway besides its own. */
  alternatePorts?: readonly number[];
  /** `key=value` words on top of the default policy, as `policy set` takes them; none when left out. */
  policy?: readonly string[];
  /** Passwords and backup codes are hashed at the least cost that the server takes: for who measures no sign-in. */
  hasCheapHashes?: boolean;
  /** Parts that are not this checkout's. */
  programs?: Partial<Programs>;
  /** Called with each step as it is done. */
  onStep: (step: string, tookMs: number) => void;
  /** Aborts the start; what was made until then is undone. */
  signal: AbortSignal;
}

function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
    return value;
  };
}

/** `443,53` → the ports. */
export function portWords(text: string): readonly number[] {
  const ports = text.split(',').map(wholeNumber(1, 65_535));
  if (ports.length > MAX_ALTERNATE_PORTS)
    throw new InvalidArgumentError(`expected at most ${MAX_ALTERNATE_PORTS} ports`);
  return ports;
}

/**
 * Adds `a=true,b=false` to the words so far; a comma inside a value (`unlockMethods=pin,uv-hw`) stays. Refuses what the
 * server would refuse, with its words.
 */
export function policyWords(text: string, before: readonly string[]): readonly string[] {
  const words = [...before, ...text.split(/,(?=[A-Za-z.]+=)/)];
  const assigned = assignPolicy(policySchema.parse({}), words);
  if (!assigned.ok) throw new InvalidArgumentError(assigned.problem.detail);
  return words;
}

export type StackArguments = Omit<StackOptions, 'onStep' | 'signal'>;

/** Adds the options that `npm run stack` and `npm start` share. */
export function withStackOptions(command: Command): Command {
  return command
    .option('--members <n>', 'members with password and one-time password', wholeNumber(1, 1000), 1)
    .option('--gateways <n>', 'gateways', wholeNumber(1, MAX_GATEWAYS), 1)
    .addOption(
      new Option('--net <kind>', 'each part behind a router, or all on one link')
        .choices(['routed', 'flat'])
        .default('routed'),
    )
    .option('--full-tunnel', 'everything goes through the tunnel, with NAT at the gateway')
    .option('--overlap', "the laptop's network has the addresses of the network behind the gateways")
    .option('--ipv6', 'tunnels, and what is behind the gateways, have IPv6 as well')
    .option('--block-udp', "the laptop's network lets no UDP out")
    .option('--block-vpn', "the laptop's network lets no UDP out but to the ports 53 and 443")
    .option(
      '--captive-portal',
      "the laptop's network has a sign-in page, and lets nothing else through before",
    )
    .option('--dhcp', 'the laptop gets its address by DHCP')
    .option(
      '--alternate-ports <ports>',
      'UDP ports of the first gateway besides its own, such as 443,53',
      portWords,
      [],
    )
    .option('--rtt-ms <n>', 'round trip between laptop and the rest, milliseconds', wholeNumber(0, 5000), 0)
    .option(
      '--policy <key=value>',
      'rule of the team, e.g. unlockPriorConnection=true,totpPriorConnection=false; may be repeated',
      policyWords,
      [],
    )
    .option('--dir <folder>', 'where everything on disk lives', '.postern');
}

/** The parsed options of a command built by `withStackOptions`. */
export function stackArguments(command: Command): StackArguments {
  const { members, gateways, rttMs, policy, dir, net, ...others } = command.opts<{
    net: NetKind;
    fullTunnel?: boolean;
    overlap?: boolean;
    ipv6?: boolean;
    blockUdp?: boolean;
    blockVpn?: boolean;
    captivePortal?: boolean;
    dhcp?: boolean;
    alternatePorts: readonly number[];
    members: number;
    gateways: number;
    rttMs: number;
    policy: readonly string[];
    dir: string;
  }>();
  const { fullTunnel, overlap, ipv6, blockUdp, blockVpn, captivePortal, dhcp, alternatePorts } = others;
  if (net === 'flat' && (overlap || ipv6 || blockUdp || blockVpn || captivePortal || dhcp))
    command.error(
      '--overlap, --ipv6, --block-udp, --block-vpn, --captive-portal and --dhcp need the routed network: leave --net flat out',
    );
  return {
    members,
    gateways,
    rttMs,
    policy,
    net,
    isFullTunnel: fullTunnel === true,
    hasOverlap: overlap === true,
    hasIpv6: ipv6 === true,
    blocksUdp: blockUdp === true,
    blocksVpn: blockVpn === true,
    hasCaptivePortal: captivePortal === true,
    hasDhcp: dhcp === true,
    alternatePorts,
    folder: path.resolve(dir),
  };
}
