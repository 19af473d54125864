import { app, type BrowserWindow } from 'electron';
import type { ConnectionState } from '../../src-shared/connection-state.ts';

export interface SecureKeyboard {
  /** The state of the connection, or of the window, may have changed. */
  update(): void;
}

/** Whether the gate, or the renewal beside a connection, takes a PIN now. */
export function isPinAsked(state: ConnectionState): boolean {
  const prompt = state.phase === 'gate' ? state.prompt : state.phase === 'connected' ? state.renewal : null;
  return prompt?.challenge.unlockMethods.includes('pin') ?? false;
}

/**
 * macOS: while a PIN can be typed, which is at the gate with the window in front, no other program can read along
 * (`setSecureKeyboardEntryEnabled`). Elsewhere there is no such thing.
 */
export function createSecureKeyboard(options: {
  platform: string;
  window: Pick<BrowserWindow, 'isFocused' | 'isDestroyed' | 'on'>;
  /** Whether a PIN is among the answers that are asked for. */
  isPinAsked: () => boolean;
}): SecureKeyboard {
  const { platform, window, isPinAsked } = options;
  if (platform !== 'darwin') return { update: () => undefined };
  let isOn = false;
  const update = () => {
    const isWanted = !window.isDestroyed() && window.isFocused() && isPinAsked();
    if (isWanted === isOn) return;
    isOn = isWanted;
    app.setSecureKeyboardEntryEnabled(isWanted);
  };
  for (const event of ['focus', 'blur', 'closed'] as const) window.on(event as 'focus', update);
  return { update };
}
