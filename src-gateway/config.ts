import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { type Loaded, loadConfig } from '../src-node/config.ts';
import { readSecret } from '../src-node/secret-file.ts';
import { INTERFACE_NAME } from '../src-node/wireguard/network-interface.ts';
import { cidr, endpoint } from '../src-shared/primitives.ts';

const interfaceName = z.string().regex(INTERFACE_NAME, 'expected an interface name of at most 15 characters');

const service = z
  .string()
  .refine((text) => /^(tcp|udp)\/[1-9]\d{0,4}$/.test(text) && Number(text.slice(4)) <= 65_535, {
    error: 'expected a protocol and a port, such as "udp/53"',
  });

/** The gateway agent's settings: TOML, and over it `POSTERN_GATEWAY_…` variables. */
export const gatewayConfigSchema = z
  .strictObject({
    serverUrl: z.url({ protocol: /^https$/, error: 'expected an https:// URL' }),
    /** PEM of a certificate authority to trust instead of the system's. */
    caFile: z.string().min(1).optional(),
    gatewayId: z
      .uuid('expected the id that "postern-server gateway add" has printed, not the name')
      .toLowerCase(),
    token: z.string().min(1).optional(),
    /** A file that only its owner may read. */
    tokenFile: z.string().min(1).optional(),
    /** A container mounts the token or the private key: root's, and readable by every process in it. */
    secretsAreMounted: z.boolean().default(false),
    interfaceName: interfaceName.default('postern0'),
    /** Made at the first start. */
    privateKeyFile: z.string().min(1).default('/var/lib/postern-gateway/private.key'),
    listenPort: z.number().int().min(1).max(65_535).default(51_820),
    /** Where clients reach this gateway from outside. */
    endpoint,
    /** This gateway's own address inside the tunnel. */
    address: cidr,
    mtu: z.number().int().min(1280).max(65_535).default(1420),
    failClosedAfterSeconds: z.number().int().min(10).max(86_400).default(300),
    /** Hide clients behind the address of `egressInterface`. */
    nat: z.boolean().default(false),
    egressInterface: interfaceName.optional(),
    /**
     * Whether this host passes packets on that are neither from nor for the tunnel. Left out: as before the agent; where
     * that has to turn forwarding on itself, for bridges (containers, virtual machines) alone.
     */
    forwardOthers: z.boolean().optional(),
    /** What members reach of this host itself beside echo, e.g. its resolver: "udp/53". */
    services: z.array(service).default([]),
    /** Members reach each other through the tunnel. */
    memberToMember: z.boolean().default(false),
    preferKernel: z.enum(['auto', 'never']).default('auto'),
    logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .refine((config) => (config.token === undefined) !== (config.tokenFile === undefined), {
    path: ['tokenFile'],
    error: 'expected either token or tokenFile',
  })
  .refine((config) => !config.nat || config.egressInterface !== undefined, {
    path: ['egressInterface'],
    error: 'expected the interface to hide clients behind, since nat is on',
  });
export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;

export function loadGatewayConfig(
  file: string | undefined,
  env: Record<string, string | undefined>,
): Loaded<GatewayConfig> {
  return loadConfig(gatewayConfigSchema, {
    ...(file === undefined ? {} : { file }),
    env,
    envPrefix: 'POSTERN_GATEWAY_',
  });
}

/** The content of a file that holds a secret; throws when it is not there, or others may read it (`readSecret`). */
export function readSecretFile(path: string, areMounted = false): string {
  const read = readSecret(path, { env: process.env, areMounted });
  if (!read.ok) throw new Error(read.mistake);
  return read.text.trim();
}

/** The gateway's token from its own file or the configuration, which then must be for its owner alone too. */
export async function readToken(config: GatewayConfig, configFile: string | undefined): Promise<string> {
  if (config.tokenFile !== undefined) return readSecretFile(config.tokenFile, config.secretsAreMounted);
  const fromFile = configFile === undefined ? '' : await readFile(configFile, 'utf8');
  if (configFile !== undefined && config.token !== undefined && fromFile.includes(config.token)) {
    readSecretFile(configFile, config.secretsAreMounted);
  }
  return config.token ?? '';
}

/** `https://host/base` → `wss://host/base/gateway/v1/channel`. */
export function channelUrl(serverUrl: string): string {
  const url = new URL(serverUrl);
  url.protocol = 'wss:';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/gateway/v1/channel`;
  return url.href;
}
