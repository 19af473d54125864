import type { CommandOutput } from '../../../src-shared/app-ipc.ts';
import { timeText } from '../../../src-ui/format/date-time.ts';
import { ConfirmButton } from '../../../src-ui/parts/confirm-button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useServerClock } from '../../../src-ui/time/use-now.ts';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';

interface DeviceRowProps {
  device: CommandOutput<'devices.list'>['devices'][number];
  onRemoved: () => void;
}

const systems: Record<string, string> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };

export function DeviceRow({ device, onRemoved }: DeviceRowProps) {
  const { w, locale } = useWords();
  const words = w.unlock.devices;
  const clock = useServerClock();
  const remove = useCommand('devices.remove');
  const { pin, uvHw, uvSoft } = device.unlock;
  const seen = device.isConnected
    ? words.connected
    : words.lastSeen(timeText(device.lastSeenAt, clock(), locale));
  const setUp = [...(pin ? [words.pin] : []), ...(uvHw || uvSoft ? [words.biometrics] : [])];
  const facts = [
    systems[device.platform] ?? device.platform,
    seen,
    ...(setUp.length > 0 ? setUp : [words.nothing]),
  ];
  return (
    <li className="device">
      <div className="panel-row">
        <p className="device-words">
          <span className="device-name" dir="auto">
            {device.name}
          </span>
          {device.isThis && <span className="badge">{words.thisOne}</span>}
          <span className="hint">{facts.join(' · ')}</span>
        </p>
        <ConfirmButton
          label={words.remove}
          accessibleName={words.removeLabel(device.name)}
          question={device.isThis ? words.confirmThis : words.confirm(device.name)}
          isBusy={remove.isBusy}
          onConfirm={() =>
            void remove.run({ deviceId: device.id }).then((answer) => {
              if (answer.ok) onRemoved();
            })
          }
        />
      </div>
      <ProblemNote problem={remove.problem} />
    </li>
  );
}
