import { useState } from 'react';
import type { AccountAnswer } from '../../src-shared/panel/account.ts';
import { ok } from '../../src-shared/problem.ts';
import { endSession, getAccount, removeDevice } from '../api/account-calls.ts';
import { Page } from '../frame/page.tsx';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { DoneNote } from '../parts/done-note.tsx';
import { LoadFrame } from '../parts/load-frame.tsx';
import { useSessionStore } from '../store/session-store.ts';
import { useLoad } from '../store/use-load.ts';
import { useWords } from '../strings/use-words.ts';
import { DeviceList } from './device-list.tsx';
import { SessionList } from './session-list.tsx';

type Device = AccountAnswer['devices'][number];
type Session = AccountAnswer['sessions'][number];
type Asked = { kind: 'device'; device: Device } | { kind: 'session'; session: Session };

/** Own devices and every sign-in that still holds; each can be ended. */
export function DevicesPage() {
  const { w } = useWords();
  const account = useLoad('account', getAccount);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [done, setDone] = useState<string | null>(null);

  function close(note: string): void {
    setAsked(null);
    setDone(note);
    void account.reload();
  }
  return (
    <Page title={w.devices.title} text={w.devices.text}>
      <DoneNote text={done} />
      <LoadFrame loaded={account} lines={8}>
        {(value) => (
          <>
            <DeviceList devices={value.devices} onRemove={(device) => setAsked({ kind: 'device', device })} />
            <SessionList
              sessions={value.sessions}
              onEnd={(session) => setAsked({ kind: 'session', session })}
            />
          </>
        )}
      </LoadFrame>
      {asked?.kind === 'device' && (
        <ConfirmDialog
          title={w.devices.signOutTitle(asked.device.name)}
          text={w.devices.signOutText}
          confirmLabel={w.devices.signOut}
          // Gone already is as good as done.
          onConfirm={async () => orGone(await removeDevice(asked.device.id), 'device-not-found')}
          onCancel={() => setAsked(null)}
          onDone={() => close(w.devices.signedOut(asked.device.name))}
        />
      )}
      {asked?.kind === 'session' && (
        <ConfirmDialog
          title={w.devices.endTitle}
          text={asked.session.isThis ? w.devices.endThisText : w.devices.endText}
          confirmLabel={w.devices.end}
          onConfirm={async () => orGone(await endSession(asked.session.id), 'not-found')}
          onCancel={() => setAsked(null)}
          onDone={() => (asked.session.isThis ? useSessionStore.getState().leave() : close(w.devices.ended))}
        />
      )}
    </Page>
  );
}

function orGone(
  answer: Awaited<ReturnType<typeof endSession>>,
  code: 'device-not-found' | 'not-found',
): Awaited<ReturnType<typeof endSession>> {
  return !answer.ok && answer.problem.code === code ? ok(undefined) : answer;
}
