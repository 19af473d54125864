import { create } from 'zustand';

export const screens = ['home', 'activity', 'settings', 'help'] as const;
export type ScreenName = (typeof screens)[number];

interface View {
  screen: ScreenName;
  /** Shown until the user says that they are saved, whatever else happens meanwhile. */
  backupCodes: readonly string[] | null;
  /** Notices that the user has put away, by id. */
  dismissed: readonly number[];
}

/** What belongs to this window alone and is forgotten with it. */
export const useView = create<View>()(() => ({ screen: 'home', backupCodes: null, dismissed: [] }));

export const showScreen = (screen: ScreenName): void => useView.setState({ screen });
export const showBackupCodes = (backupCodes: readonly string[] | null): void =>
  useView.setState({ backupCodes });
export const dismissNotice = (id: number): void =>
  useView.setState(({ dismissed }) => ({ dismissed: [...dismissed, id] }));
