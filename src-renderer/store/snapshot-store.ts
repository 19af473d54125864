import { create } from 'zustand';
import type { PosternBridge } from '../../src-shared/app-ipc.ts';
import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import { shareStructure } from './structural-sharing.ts';

/** The mirror of what main says; null before its first word. */
const useMirror = create<{ snapshot: AppSnapshot | null }>()(() => ({ snapshot: null }));

/** Selects from the newest snapshot. Only below `<App>`, which waits for the first one. */
export function useSnapshot<T>(selector: (snapshot: AppSnapshot) => T): T {
  return useMirror(({ snapshot }) => {
    if (snapshot === null) throw new Error('no snapshot yet');
    return selector(snapshot);
  });
}

export function useHasSnapshot(): boolean {
  return useMirror(({ snapshot }) => snapshot !== null);
}

/** Follows main until the returned function is called. An older snapshot never replaces a newer one. */
export function mirrorSnapshots(bridge: PosternBridge): () => void {
  const take = (next: AppSnapshot) =>
    useMirror.setState(({ snapshot }) =>
      snapshot !== null && next.version < snapshot.version
        ? { snapshot }
        : { snapshot: shareStructure(snapshot, next) },
    );
  const stop = bridge.onSnapshot(take);
  void bridge.snapshot().then(take);
  return stop;
}
