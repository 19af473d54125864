import { useId } from 'react';
import type { AccountDevice } from '../../src-shared/panel/account.ts';
import { timeText } from '../../src-ui/format/date-time.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { Badge } from '../parts/badge.tsx';
import { serverNow } from '../store/clock-store.ts';
import { useWords } from '../strings/use-words.ts';
import { platformName } from './platform-name.ts';

interface DeviceListProps {
  devices: readonly AccountDevice[];
  onRemove: (device: AccountDevice) => void;
}

/** Computers with the client, and where they are connected. */
export function DeviceList({ devices, onRemove }: DeviceListProps) {
  const { w, locale } = useWords();
  const id = useId();
  const time = (at: string) => timeText(at, serverNow(), locale);
  const date = (at: string) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(at));
  return (
    <section className="panel account-panel" aria-labelledby={id}>
      <h2 id={id}>{w.devices.devices}</h2>
      <p className="hint">{devices.length === 0 ? w.devices.noDevicesText : w.devices.devicesText}</p>
      {devices.length > 0 && (
        <ul className="entries">
          {devices.map((device) => (
            <li key={device.id} className="entry">
              <div className="entry-words">
                <p className="entry-name">
                  {device.name}
                  {device.isConnected && (
                    <Badge tone="on">{w.devices.connected(device.gatewayName ?? w.common.none)}</Badge>
                  )}
                </p>
                <p className="hint">
                  {[
                    platformName(device.platform),
                    w.devices.lastSeen(time(device.lastSeenAt)),
                    w.devices.added(date(device.createdAt)),
                    device.unlock.pin ? w.devices.pin : '',
                    device.unlock.uvHw || device.unlock.uvSoft ? w.devices.biometrics : '',
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </p>
              </div>
              <Button accessibleName={w.devices.signOutLabel(device.name)} onPress={() => onRemove(device)}>
                {w.devices.signOut}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
