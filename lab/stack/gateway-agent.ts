import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'smol-toml';
import { wireGuardKey } from '../../src-shared/primitives.ts';
import type { GatewayAddressing } from './addressing.ts';
import type { Programs } from './folders.ts';
import { inNetns } from './namespaces.ts';
import type { ManagedProcess, ProcessKeeper } from './processes.ts';
import { run } from './run.ts';
import { writeSecret } from './secrets.ts';

export interface GatewayAgentOptions {
  folder: string;
  serverUrl: string;
  caFile: string;
  gatewayId: string;
  token: string;
  /** Where members leave, with NAT. Null: no NAT, since the target has routes back to the tunnels. */
  egressInterface: string | null;
  program: Programs['gateway'];
}

/** Starts the gateway agent in its namespace. */
export function startGatewayAgent(
  keeper: ProcessKeeper,
  place: GatewayAddressing,
  options: GatewayAgentOptions,
): ManagedProcess {
  const file = (name: string) => path.join(options.folder, `${place.name}${name}`);
  writeSecret(file('.token'), `${options.token}\n`);
  writeFileSync(
    file('.toml'),
    stringify({
      serverUrl: options.serverUrl,
      caFile: options.caFile,
      gatewayId: options.gatewayId,
      tokenFile: file('.token'),
      interfaceName: place.interfaceName,
      privateKeyFile: file('.key'),
      listenPort: place.listenPort,
      endpoint: place.endpoint,
      address: place.tunnelAddress,
      ...(options.egressInterface === null ? {} : { nat: true, egressInterface: options.egressInterface }),
    }),
    { mode: 0o600 },
  );
  const command = [...options.program, 'start', '--config', file('.toml')];
  return keeper.start({ name: `gateway-${place.name}`, netns: place.netns, command });
}

/** The gateway's WireGuard public key, base64url, as the interface itself reports it. */
export async function gatewayPublicKey(place: GatewayAddressing): Promise<string> {
  const [file = '', ...args] = inNetns(place.netns, ['wg', 'show', place.interfaceName, 'public-key']);
  return wireGuardKey.parse((await run(file, args)).trim());
}
