import { useEffect, useRef } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';

/** What is set up now, and the way back to what the user wanted: the connection. */
export function SetUpDone({ ways, onClose }: { ways: readonly string[]; onClose: () => void }) {
  const { w } = useWords();
  const canConnect = useSnapshot((s) => s.connection.phase === 'disconnected' && s.gateways.length > 0);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  function connect(): void {
    onClose();
    // What comes of it is in the next snapshots, on the screen that is open then.
    void window.postern.invoke('connection.connect', {});
  }
  return (
    <>
      <ul className="set-up-list">
        {ways.map((way) => (
          <li key={way}>
            <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
              <path d="m5 12.5 4.5 4.5L19 7.5" />
            </svg>
            {way}
          </li>
        ))}
      </ul>
      <div className="code-buttons">
        {canConnect && (
          <Button ref={button} look="primary" onPress={connect}>
            {w.unlock.setup.connect}
          </Button>
        )}
        <Button
          {...(canConnect ? {} : { ref: button })}
          look={canConnect ? 'secondary' : 'primary'}
          onPress={onClose}
        >
          {w.unlock.setup.done}
        </Button>
      </div>
    </>
  );
}
