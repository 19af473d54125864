import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { writeFileAtomic } from '../src-node/atomic-file.ts';
import { gatewayConfigSchema } from './config.ts';
import { isForwarding } from './forwarding.ts';

/** As the Control Panel's install line names them. */
export interface InstallInput {
  server: string;
  gateway: string;
  token: string;
  address: string;
  endpoint: string;
  mtu: string;
  ca?: string;
  nat?: string;
  /** Separated by commas. */
  services?: string;
  /** Where the agent's files lie. */
  folder: string;
  /** Replaces files that are there. */
  force?: boolean;
}

/**
 * Writes `gateway.toml` and `gateway.token`, readable by their owner alone. The mistakes, in words, when something does
 * not fit; nothing is written then.
 */
export async function installGateway(input: InstallInput): Promise<string[]> {
  const { folder, token, ca, nat, services } = input;
  const configFile = join(folder, 'gateway.toml');
  const tokenFile = join(folder, 'gateway.token');
  const config = {
    serverUrl: input.server,
    gatewayId: input.gateway,
    tokenFile,
    endpoint: input.endpoint,
    address: input.address,
    mtu: Number(input.mtu),
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(services === undefined ? {} : { services: services.split(',').map((item) => item.trim()) }),
    ...(nat === undefined ? {} : { nat: true, egressInterface: nat }),
    // A host that passes packets on already has a reason of its own; else it will do so for the tunnel's sake.
    ...(nat === undefined || (await isForwarding(input.address)) ? {} : { forwardOthers: false }),
  };
  const parsed = gatewayConfigSchema.safeParse(config);
  const mistakes = (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (!/^[A-Za-z0-9_-]{20,200}$/.test(token)) mistakes.push('token: expected the token of the install line');
  if (!input.force && existsSync(configFile))
    mistakes.push(`${configFile} is there already: --force replaces it`);
  if (mistakes.length > 0) return mistakes;
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(tokenFile, `${token}\n`);
  await writeFileAtomic(configFile, stringify(config));
  return [];
}
