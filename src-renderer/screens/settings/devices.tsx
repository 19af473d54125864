import { useCallback, useEffect, useState } from 'react';
import type { CommandOutput } from '../../../src-shared/app-ipc.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useCommand } from '../../store/use-command.ts';
import { useWords } from '../../strings/use-words.ts';
import { DeviceRow } from './device-row.tsx';

type Device = CommandOutput<'devices.list'>['devices'][number];

/** Every device of the member that is registered; this one first. */
export function Devices() {
  const { w } = useWords();
  const words = w.unlock.devices;
  const { run, isBusy, problem } = useCommand('devices.list');
  const [devices, setDevices] = useState<Device[] | null>(null);
  const [said, setSaid] = useState('');
  const load = useCallback(async () => {
    const answer = await run(undefined);
    if (answer.ok) setDevices(answer.value.devices.toSorted((a, b) => Number(b.isThis) - Number(a.isThis)));
  }, [run]);
  useEffect(() => {
    void load();
  }, [load]);

  return (
    <section className="panel" aria-labelledby="settings-devices" aria-busy={isBusy || undefined}>
      <h2 id="settings-devices">{words.title}</h2>
      <p className="hint">{words.text}</p>
      {devices === null && problem === null && (
        <p className="hint" role="status">
          {words.loading}
        </p>
      )}
      {devices?.length === 0 && <p>{words.empty}</p>}
      {devices !== null && devices.length > 0 && (
        <ul className="devices">
          {devices.map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              onRemoved={() => {
                setSaid(words.removed(device.name));
                void load();
              }}
            />
          ))}
        </ul>
      )}
      <ProblemNote problem={problem} />
      {problem && (
        <div className="row">
          <Button isBusy={isBusy} onPress={() => void load()}>
            {words.again}
          </Button>
        </div>
      )}
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </section>
  );
}
