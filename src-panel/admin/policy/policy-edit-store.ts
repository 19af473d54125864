import { create } from 'zustand';
import type { PolicyAnswer } from '../../../src-shared/panel/policy.ts';
import { useSessionStore } from '../../store/session-store.ts';
import { draftOf, type PolicyDraft } from './policy-draft.ts';

/** Rules that are being changed, and what they began from. */
interface PolicyEdit {
  memberId: string;
  base: PolicyAnswer;
  draft: PolicyDraft;
}

/** Outlives a look at other pages; null while the form says what is in force, and after a sign-out. */
export const usePolicyEdit = create<{ edit: PolicyEdit | null }>()(() => ({ edit: null }));

export function editPolicy(edit: PolicyEdit): void {
  const isUntouched = JSON.stringify(edit.draft) === JSON.stringify(draftOf(edit.base.policy));
  usePolicyEdit.setState({ edit: isUntouched ? null : edit });
}

export function forgetPolicyEdit(): void {
  usePolicyEdit.setState({ edit: null });
}

/** The browser asks before the tab is closed over rules that were not saved. */
const askBeforeLeaving = (event: BeforeUnloadEvent): void => event.preventDefault();

usePolicyEdit.subscribe(({ edit }) => {
  if (edit) window.addEventListener('beforeunload', askBeforeLeaving);
  else window.removeEventListener('beforeunload', askBeforeLeaving);
});
useSessionStore.subscribe(({ state }) => {
  if (state.phase === 'signed-out') forgetPolicyEdit();
});
