import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'smol-toml';
import { writeFileAtomic } from '../src-node/atomic-file.ts';
import { gatewayConfigSchema, loadGatewayConfig } from './config.ts';
import { familyOf } from './family.ts';
import { isForwarding } from './forwarding.ts';
import { listLinks } from './links.ts';
import { missingEgress } from './passage-checks.ts';
import { TOKEN_SHAPE } from './set-token.ts';

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
  /** Whether the host passes packets on that are not the tunnel's; left out: as in the file that is replaced. */
  forwardOthers?: boolean;
  /** Replaces files that are there. */
  force?: boolean;
}

/**
 * Writes `gateway.toml` and `gateway.token`, readable by their owner alone, and beside them a copy of `ca`: the unit sees
 * no home folder and no `/tmp`. The mistakes, in words, when something does not fit; nothing is written then.
 */
export async function installGateway(
  input: InstallInput,
  host: { forwards: typeof isForwarding; links: typeof listLinks } = {
    forwards: isForwarding,
    links: listLinks,
  },
): Promise<string[]> {
  const { token, ca, nat, services } = input;
  const folder = resolve(input.folder);
  const configFile = join(folder, 'gateway.toml');
  const tokenFile = join(folder, 'gateway.token');
  const caFile = join(folder, 'gateway-ca.pem');
  const authority = ca === undefined ? null : readAuthority(ca);
  const forwardOthers =
    input.forwardOthers ??
    (nat === undefined ? undefined : await knownOthers(input, configFile, host.forwards));
  const config = {
    serverUrl: input.server,
    gatewayId: input.gateway,
    tokenFile,
    endpoint: input.endpoint,
    address: input.address,
    mtu: Number(input.mtu),
    ...(ca === undefined ? {} : { caFile }),
    ...(services === undefined ? {} : { services: services.split(',').map((item) => item.trim()) }),
    ...(nat === undefined ? {} : { nat: true, egressInterface: nat }),
    ...(typeof forwardOthers === 'boolean' ? { forwardOthers } : {}),
  };
  const parsed = gatewayConfigSchema.safeParse(config);
  const mistakes = (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (!TOKEN_SHAPE.test(token)) mistakes.push('token: expected the token of the install line');
  if (authority !== null && 'mistake' in authority) mistakes.push(authority.mistake);
  const missing = nat === undefined ? null : missingEgress(nat, await host.links());
  if (missing)
    mistakes.push(
      `--nat: ${missing.detail} ${(missing.remedy ?? '').replace('Set egressInterface to', 'Name')}`,
    );
  if (forwardOthers === null)
    mistakes.push(
      'this host passes packets on already: --forward-others if it is a router or has containers, else --no-forward-others',
    );
  if (!input.force && existsSync(configFile))
    mistakes.push(`${configFile} is there already: --force replaces it`);
  if (mistakes.length > 0) return mistakes;
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(tokenFile, `${token}\n`);
  if (authority !== null && 'pem' in authority) await writeFileAtomic(caFile, authority.pem);
  await writeFileAtomic(configFile, stringify(config));
  return [];
}

/** Certificates in PEM, or why there are none. */
function readAuthority(file: string): { pem: string } | { mistake: string } {
  try {
    const pem = readFileSync(file, 'utf8');
    new X509Certificate(pem);
    return { pem };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return { mistake: `--ca: ${resolve(file)} is not there` };
    const why = error instanceof Error ? error.message : String(error);
    return { mistake: `--ca: ${resolve(file)} holds no certificate in PEM (${why})` };
  }
}

/** What is in force, or right for a host that forwards for the tunnel's sake alone; null: nobody has said. */
async function knownOthers(
  { address, force }: InstallInput,
  configFile: string,
  forwards: typeof isForwarding,
): Promise<boolean | null> {
  if (force && existsSync(configFile)) {
    const before = loadGatewayConfig(configFile, {});
    if (before.ok && before.value.forwardOthers !== undefined) return before.value.forwardOthers;
  }
  return (await forwards(familyOf(address))) ? null : false;
}
