import { useEffect, useRef } from 'react';
import { BrandMark } from '../src-ui/parts/arch.tsx';
import { AppSurroundings } from './frame/app-surroundings.tsx';
import { Bars } from './frame/bars.tsx';
import { Nav } from './frame/nav.tsx';
import { useAppearance } from './frame/use-appearance.ts';
import { Activity } from './screens/activity/activity.tsx';
import { Gate } from './screens/gate/gate.tsx';
import { Help } from './screens/help/help.tsx';
import { Home } from './screens/home/home.tsx';
import { BackupCodes } from './screens/mfa-set-up/backup-codes.tsx';
import { Settings } from './screens/settings/settings.tsx';
import { KeyringLocked } from './screens/sign-in/keyring-locked.tsx';
import { SignIn } from './screens/sign-in/sign-in.tsx';
import { SetUpOffer } from './screens/unlock-set-up/set-up-offer.tsx';
import { useOffer } from './screens/unlock-set-up/use-offer.ts';
import { useHasSnapshot, useSnapshot } from './store/snapshot-store.ts';
import { openSetUp, useView } from './store/view-store.ts';
import { en } from './strings/en.ts';

const screenOf = { home: Home, activity: Activity, settings: Settings, help: Help };

export function App() {
  const isReady = useHasSnapshot();
  if (isReady)
    return (
      <AppSurroundings>
        <Ready />
      </AppSurroundings>
    );
  return (
    <main className="starting" aria-busy="true" aria-label={en.starting}>
      <BrandMark />
    </main>
  );
}

function Ready() {
  useAppearance();
  const isSignedOut = useSnapshot((s) => s.connection.phase === 'signed-out');
  const isShut = useSnapshot((s) => s.lockedSession !== null);
  const backupCodes = useView((view) => view.backupCodes);
  useEffect(() => {
    if (isSignedOut) openSetUp(null);
  }, [isSignedOut]);
  if (isSignedOut) return isShut ? <KeyringLocked /> : <SignIn />;
  if (backupCodes !== null) return <BackupCodes codes={backupCodes} />;
  return <SignedIn />;
}

function SignedIn() {
  const screen = useView((view) => view.screen);
  const offer = useOffer();
  const Screen = screenOf[screen];
  const main = useRef<HTMLElement>(null);
  // A new screen begins at its top.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the screen is what it follows
  useEffect(() => {
    main.current?.scrollTo({ top: 0 });
  }, [screen]);
  // What stood before the screens took focus with it.
  const wasOffered = useRef(false);
  const isOffered = offer !== null;
  useEffect(() => {
    if (wasOffered.current && !isOffered) main.current?.focus();
    wasOffered.current = isOffered;
  }, [isOffered]);
  if (offer)
    return (
      <>
        <SetUpOffer offer={offer} />
        <Gate />
      </>
    );
  return (
    <div className="frame">
      <Nav />
      <div className="frame-body">
        <main ref={main} className="screen" data-screen={screen} tabIndex={-1}>
          <Bars />
          <Screen />
        </main>
      </div>
      <Gate />
    </div>
  );
}
