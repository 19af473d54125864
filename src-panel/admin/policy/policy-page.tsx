import { useState } from 'react';
import type { PolicyAnswer } from '../../../src-shared/panel/policy.ts';
import { changedRules, isGated } from '../../../src-shared/policy.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { loadSession } from '../../api/call.ts';
import { Page } from '../../frame/page.tsx';
import { DoneNote } from '../../parts/done-note.tsx';
import { LoadFrame } from '../../parts/load-frame.tsx';
import { useSession } from '../../store/session-store.ts';
import { useLoad } from '../../store/use-load.ts';
import { loadPolicy } from '../api/policy-api.ts';
import { shortTime } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { Exemptions } from './exemptions.tsx';
import { PolicyConflict } from './policy-conflict.tsx';
import { draftOf, readDraft } from './policy-draft.ts';
import { editPolicy, forgetPolicyEdit, usePolicyEdit } from './policy-edit-store.ts';
import { PolicyForm } from './policy-form.tsx';
import { SaveBar } from './save-bar.tsx';

/** Settings > MFA & Login Security. */
export function PolicyPage() {
  const { a, locale } = useAdminWords();
  const answer = useLoad('policy', loadPolicy);
  const saved = answer.value;
  return (
    <Page title={a.policy.title} text={a.policy.text}>
      <LoadFrame loaded={answer} lines={10}>
        {(value) => <PolicyEditor loaded={value} onSaved={answer.put} />}
      </LoadFrame>
      {saved && <Exemptions version={saved.version} />}
      {saved && (
        <p className="hint">
          {saved.updatedAt === null
            ? a.policy.defaults
            : saved.updatedBy === null
              ? a.policy.savedAt(shortTime(saved.updatedAt, locale))
              : a.policy.savedBy(saved.updatedBy, shortTime(saved.updatedAt, locale))}
        </p>
      )}
    </Page>
  );
}

interface PolicyEditorProps {
  loaded: PolicyAnswer;
  onSaved: (saved: PolicyAnswer) => void;
}

/** Begins from what was loaded, or was left unsaved; what is loaded again later does not touch what was typed. */
function PolicyEditor({ loaded, onSaved }: PolicyEditorProps) {
  const { a } = useAdminWords();
  const { member } = useSession();
  const edit = usePolicyEdit((state) => (state.edit?.memberId === member.id ? state.edit : null));
  const base = edit?.base ?? loaded;
  const draft = edit?.draft ?? draftOf(loaded.policy);
  const [theirs, setTheirs] = useState<PolicyAnswer | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const { policy, errors } = readDraft(draft);
  const isChanged = policy === null || changedRules(base.policy, policy).size > 0;
  const isGateOff = !isGated(draft.policy);

  return (
    <>
      {isGateOff && isGated(base.policy) && <Bar look="warning">{a.policy.noGateDraft}</Bar>}
      <PolicyForm
        draft={draft}
        errors={errors}
        onChange={(next) => {
          editPolicy({ memberId: member.id, base, draft: next });
          setDone(null);
        }}
      />
      {theirs && policy && (
        <PolicyConflict
          base={base.policy}
          mine={policy}
          theirs={theirs}
          onCancel={() => setTheirs(null)}
          onChosen={(chosen) => {
            onSaved(theirs);
            editPolicy({ memberId: member.id, base: theirs, draft: draftOf(chosen) });
            setTheirs(null);
          }}
        />
      )}
      <DoneNote text={done} />
      <SaveBar
        policy={isChanged ? policy : null}
        isChanged={isChanged}
        version={base.version}
        onDiscard={forgetPolicyEdit}
        onConflict={setTheirs}
        onSaved={(saved) => {
          onSaved(saved);
          forgetPolicyEdit();
          setDone(a.policy.saved);
          // The warning over every page follows what is in force now.
          void loadSession();
        }}
      />
    </>
  );
}
