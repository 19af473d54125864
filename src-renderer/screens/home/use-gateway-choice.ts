import { useState } from 'react';
import type { AppSnapshot } from '../../../src-shared/app-snapshot.ts';
import { offeredGateway } from '../../../src-shared/gateway-choice.ts';
import { useSnapshot } from '../../store/snapshot-store.ts';

/**
 * The gateway of the connection; without one the user's choice, else what the client would take. `wishedId` is null where the choice is left to the client.
 */
export function useGatewayChoice() {
  const [chosenId, choose] = useState<string | null>(null);
  const activeId = useSnapshot(activeGatewayId);
  const wishedId = useSnapshot((s) => s.gateways.find(({ id }) => id === chosenId)?.id ?? null);
  const offeredId = useSnapshot(({ gateways, roundTrips, activity }) => {
    const lastName = activity.find((entry) => entry.kind === 'connected')?.gatewayName;
    const isLast = ({ name }: { name: string }) => name === lastName;
    return offeredGateway(gateways, { isLast, roundTrips })?.id ?? null;
  });
  const gatewayId = activeId ?? wishedId ?? offeredId;
  const name = useSnapshot((s) => s.gateways.find((gateway) => gateway.id === gatewayId)?.name ?? '');
  return { gatewayId, wishedId, name, isLocked: activeId !== null, choose };
}

export type GatewayChoice = ReturnType<typeof useGatewayChoice>;

function activeGatewayId({ connection }: AppSnapshot): string | null {
  if ('gatewayId' in connection) return connection.gatewayId;
  return connection.phase === 'gate' ? connection.prompt.gatewayId : null;
}
