import { useId } from 'react';
import { ServerIcon } from '../../../src-ui/parts/icons.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';
import { gatewayLabel } from './gateway-label.ts';
import type { GatewayChoice } from './use-gateway-choice.ts';

/** The value of the first option, which leaves the choice to the client. */
const AUTO = '';

/** While a connection is up or on its way, its gateway is shown and not changed. */
export function GatewayPicker({ choice }: { choice: GatewayChoice }) {
  const { gatewayId, wishedId, isLocked, choose } = choice;
  const { t, w } = useWords();
  const id = useId();
  const gateways = useSnapshot((s) => s.gateways);
  const roundTrips = useSnapshot((s) => s.roundTrips);
  const selected = gateways.find((gateway) => gateway.id === gatewayId);
  const label = (gateway: (typeof gateways)[number]) => gatewayLabel(gateway, roundTrips, w);
  return (
    <div className="gateway">
      <ServerIcon />
      <div className="gateway-words">
        {gateways.length > 1 && !isLocked ? (
          <>
            <label htmlFor={id}>{w.home.gateway}</label>
            <select
              id={id}
              value={wishedId ?? AUTO}
              onChange={({ target }) => choose(target.value === AUTO ? null : target.value)}
            >
              <option value={AUTO}>
                {selected && wishedId === null
                  ? w.home.gatewayAuto(gatewayLabel(selected, {}, w))
                  : w.home.gatewayAutoOnly}
              </option>
              {gateways.map((gateway) => (
                <option key={gateway.id} value={gateway.id}>
                  {label(gateway)}
                </option>
              ))}
            </select>
          </>
        ) : (
          <>
            <span className="gateway-label">{w.home.gateway}</span>
            <span className="gateway-name">
              {selected === undefined ? t.common.none : gatewayLabel(selected, {}, w)}
            </span>
          </>
        )}
      </div>
    </div>
  );
}
