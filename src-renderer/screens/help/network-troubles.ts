import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import type { AppLanguage } from '../../strings/use-words.ts';

/** What the network that this computer is on keeps from the tunnel, a sentence with a next step each. */
export function networkTroubles(tunnel: AppSnapshot['tunnel'], w: AppLanguage['w']): string[] {
  if (tunnel === null) return [];
  return [
    ...(tunnel.dns === 'unmanaged' ? [w.help.dnsUnmanaged] : []),
    ...(tunnel.dns === 'unsplit' ? [w.help.dnsUnsplit] : []),
  ];
}
