import { create } from 'zustand';
import type { ConnectionState } from '../../src-shared/connection-state.ts';

export const screens = ['home', 'activity', 'settings', 'help'] as const;
export type ScreenName = (typeof screens)[number];

/** What a guided set-up is for: what this device lacks, everything once more, or one thing from the settings. */
export type SetUpGoal = 'all' | 'again' | 'pin' | 'biometrics';

interface View {
  screen: ScreenName;
  /** Shown until the user says that they are saved, whatever else happens meanwhile. */
  backupCodes: readonly string[] | null;
  /** Notices that the user has put away, by id. */
  dismissed: readonly number[];
  /** The guided set-up that is open. */
  setUp: SetUpGoal | null;
  /** The end of a connection whose offer of a set-up was put aside. */
  putAside: ConnectionState | null;
  /** How the user unlocked last: offered first. */
  lastUnlock: 'biometrics' | 'pin' | null;
}

/** What belongs to this window alone and is forgotten with it. */
export const useView = create<View>()(() => ({
  screen: 'home',
  backupCodes: null,
  dismissed: [],
  setUp: null,
  putAside: null,
  lastUnlock: null,
}));

export const showScreen = (screen: ScreenName): void => useView.setState({ screen });
export const showBackupCodes = (backupCodes: readonly string[] | null): void =>
  useView.setState({ backupCodes });
export const dismissNotice = (id: number): void =>
  useView.setState(({ dismissed }) => ({ dismissed: [...dismissed, id] }));
export const openSetUp = (setUp: SetUpGoal | null): void => useView.setState({ setUp });
export const putAside = (connection: ConnectionState | null): void =>
  useView.setState({ putAside: connection });
export const rememberUnlock = (lastUnlock: 'biometrics' | 'pin'): void => useView.setState({ lastUnlock });
