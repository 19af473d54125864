import { useState } from 'react';
import {
  type PolicyAnswer,
  type PolicyInput,
  type PolicyPreview,
  policyChangedExtra,
} from '../../../src-shared/panel/policy.ts';
import { fail, type Result } from '../../../src-shared/problem.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { useAction } from '../../store/use-action.ts';
import { type Loaded, useLoad } from '../../store/use-load.ts';
import { previewPolicy, savePolicy } from '../api/policy-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { previewText } from './preview-text.ts';
import { UnguardedDevices } from './unguarded-devices.tsx';

const PAUSE_MS = 250;

interface SaveBarProps {
  /** What would be saved; null: nothing is changed, or what is typed says no policy. */
  policy: PolicyInput | null;
  isChanged: boolean;
  version: number;
  onDiscard: () => void;
  onSaved: (saved: PolicyAnswer) => void;
  /** Somebody saved meanwhile: this is what is in force now. */
  onConflict: (theirs: PolicyAnswer) => void;
}

/** Says whom the change affects, and only then lets it be saved. */
export function SaveBar(props: SaveBarProps) {
  const { a } = useAdminWords();
  const { policy, isChanged } = props;
  return (
    <section className="save-bar" data-changed={isChanged || undefined} aria-label={a.policy.changes}>
      {policy === null ? (
        <>
          <p className="hint">{isChanged ? '' : a.policy.unchanged}</p>
          {isChanged && <Button onPress={props.onDiscard}>{a.policy.discard}</Button>}
        </>
      ) : (
        <Ready {...props} policy={policy} />
      )}
    </section>
  );
}

function Ready({ policy, version, onDiscard, onSaved, onConflict }: SaveBarProps & { policy: PolicyInput }) {
  const { a } = useAdminWords();
  const preview = useLoad(`preview ${version} ${JSON.stringify(policy)}`, (signal) =>
    afterPause(policy, signal),
  );
  const cannotGuard = preview.value?.cannotGuard ?? [];
  const ids = cannotGuard.map(({ id }) => id);
  /** The devices that were on screen when they were exempted: a device more is a choice to be made anew. */
  const [exempted, setExempted] = useState('');
  const isExempting = ids.length > 0 && exempted === ids.join();
  const saving = useAction(() => savePolicy(policy, version, isExempting ? ids : []));
  const refusal = saving.problem?.code;
  const isToldElsewhere = refusal === 'policy-changed' || refusal === 'guard-unsupported';

  async function save(): Promise<void> {
    const answer = await saving.run();
    if (answer.ok) return onSaved(answer.value);
    const extra = policyChangedExtra.safeParse(answer.problem);
    if (answer.problem.code === 'policy-changed' && extra.success) {
      onConflict(extra.data.current);
    }
    if (answer.problem.code === 'guard-unsupported') await preview.reload();
  }
  return (
    <>
      <PreviewNote preview={preview} />
      {preview.value && cannotGuard.length > 0 && (
        <UnguardedDevices
          devices={cannotGuard}
          total={preview.value.devices}
          isExempting={isExempting}
          isRefused={refusal === 'guard-unsupported' && !isExempting}
          onExempt={(isOn) => setExempted(isOn ? ids.join() : '')}
        />
      )}
      <ProblemNote problem={isToldElsewhere ? null : saving.problem} />
      <div className="row">
        <Button
          look="primary"
          isBusy={saving.isBusy}
          isDisabled={preview.value === null}
          onPress={() => void save()}
        >
          {a.policy.save}
        </Button>
        <Button onPress={onDiscard}>{a.policy.discard}</Button>
      </div>
    </>
  );
}

function PreviewNote({ preview }: { preview: Loaded<PolicyPreview> }) {
  const { a, w } = useAdminWords();
  const { value, problem, isLoading, reload } = preview;
  const sentences = value === null ? [] : previewText(value, a.policy);
  return (
    <div className="preview">
      <div role="status">
        {value === null && !problem && <p className="hint">{a.policy.checking}</p>}
        {sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      <ProblemNote problem={problem} />
      {problem && (
        <Button isBusy={isLoading} onPress={() => void reload()}>
          {w.common.retry}
        </Button>
      )}
    </div>
  );
}

/** Typing asks once, at its end. */
async function afterPause(policy: PolicyInput, signal: AbortSignal): Promise<Result<PolicyPreview>> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  return signal.aborted ? fail('cancelled') : previewPolicy(policy, signal);
}
