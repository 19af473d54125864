import { useState } from 'react';
import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';

/** The gateway of the connection; without one the user's choice, else the one used last, else the first. */
export function useGatewayChoice() {
  const [chosenId, choose] = useState<string | null>(null);
  const activeId = useSnapshot(activeGatewayId);
  const offeredId = useSnapshot(({ gateways, activity }) => {
    const isThere = (id: string | null) => gateways.some((gateway) => gateway.id === id);
    if (isThere(chosenId)) return chosenId;
    const lastName = activity.find((entry) => entry.kind === 'connected')?.gatewayName;
    return (gateways.find((gateway) => gateway.name === lastName) ?? gateways[0])?.id ?? null;
  });
  const gatewayId = activeId ?? offeredId;
  const name = useSnapshot((s) => s.gateways.find((gateway) => gateway.id === gatewayId)?.name ?? '');
  return { gatewayId, name, isLocked: activeId !== null, choose };
}

function activeGatewayId({ connection }: AppSnapshot): string | null {
  if ('gatewayId' in connection) return connection.gatewayId;
  return connection.phase === 'gate' ? connection.prompt.gatewayId : null;
}
