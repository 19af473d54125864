import { create } from 'zustand';
import type { PolicyAnswer } from '../../../../src-shared/panel/policy.ts';
import { useSessionStore } from '../../store/session-store.ts';
import type { PolicyDraft } from './policy-draft.ts';

/** Rules that were changed and not saved, and what they began from. */
interface PolicyEdit {
  memberId: string;
  base: PolicyAnswer;
  draft: PolicyDraft;
}

/** Kept while other pages are looked at; gone when it is saved, discarded or signed out of. */
export const usePolicyEdit = create<{ edit: PolicyEdit | null }>()(() => ({ edit: null }));

const askBeforeLeaving = (event: BeforeUnloadEvent): void => event.preventDefault();

usePolicyEdit.subscribe(({ edit }) => {
  if (edit) window.addEventListener('beforeunload', askBeforeLeaving);
  else window.removeEventListener('beforeunload', askBeforeLeaving);
});
useSessionStore.subscribe(({ state }) => {
  if (state.phase === 'signed-out') usePolicyEdit.setState({ edit: null });
});
