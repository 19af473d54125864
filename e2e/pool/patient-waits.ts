import { vi } from 'vitest';

/** What a test waits for takes longer than vitest's second on a busy machine; a wait ends as soon as it is there. */
const PATIENCE_MS = 10_000;

const { waitFor } = vi;
const patiently: typeof waitFor = (callback, options) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });

// Vitest has no setting for it. Files of one worker share `vi`: it is changed once.
if (waitFor.name !== patiently.name) vi.waitFor = patiently;
