import { useId } from 'react';
import { ServerIcon } from '../../../src-ui/parts/icons.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';

interface GatewayPickerProps {
  selectedId: string | null;
  /** A connection is up or on its way: shown, not changed. */
  isLocked: boolean;
  onSelect: (gatewayId: string) => void;
}

export function GatewayPicker({ selectedId, isLocked, onSelect }: GatewayPickerProps) {
  const { t, w } = useWords();
  const id = useId();
  const gateways = useSnapshot((s) => s.gateways);
  const selected = gateways.find((gateway) => gateway.id === selectedId);
  return (
    <div className="gateway">
      <ServerIcon />
      <div className="gateway-words">
        {gateways.length > 1 && !isLocked ? (
          <>
            <label htmlFor={id}>{w.home.gateway}</label>
            <select id={id} value={selectedId ?? ''} onChange={(event) => onSelect(event.target.value)}>
              {gateways.map((gateway) => (
                <option key={gateway.id} value={gateway.id}>
                  {gateway.isOnline ? gateway.name : w.home.gatewayOffline(gateway.name)}
                </option>
              ))}
            </select>
          </>
        ) : (
          <>
            <span className="gateway-label">{w.home.gateway}</span>
            <span className="gateway-name">
              {selected === undefined
                ? t.common.none
                : selected.isOnline
                  ? selected.name
                  : w.home.gatewayOffline(selected.name)}
            </span>
          </>
        )}
      </div>
    </div>
  );
}
