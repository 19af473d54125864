import { useEffect, useId, useRef } from 'react';
import type { GatePrompt } from '../../../src-shared/connection-state.ts';
import type { ProofAnswer } from '../../../src-shared/unlock.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { BackupCodeField } from '../../../src-ui/parts/code/backup-code-field.tsx';
import { CodeField } from '../../../src-ui/parts/code/code-field.tsx';
import { MethodList, type OtherWay } from '../../../src-ui/parts/code/method-list.tsx';
import { type EntryPart, hasWholeCode } from '../../../src-ui/parts/entry/entry.ts';
import { EntryForm, EntryMessages } from '../../../src-ui/parts/entry/entry-form.tsx';
import type { CodeFailure } from '../../../src-ui/parts/entry/failure-text.ts';
import { useEntryFocus } from '../../../src-ui/parts/entry/use-entry.ts';
import { SecretField } from '../../../src-ui/parts/secret-field.tsx';
import { useWords } from '../../strings/use-words.ts';
import { asksForAnotherWay, proofFailureSentences } from './unlock-failure.ts';
import { useProofEntry } from './use-proof-entry.ts';
import { type UnlockWay, type WayState, whyText } from './ways.ts';

interface ProofFormProps {
  prompt: GatePrompt;
  ways: readonly WayState[];
  firstWay: UnlockWay | null;
  /** The system's question opens with the form, once. */
  promptsAtOnce: boolean;
  /** What the system's own question is called on this computer. */
  system: { name: string; accepts: string; use: string; waiting: string };
  serverName: string;
  submitLabel: string;
  /** Closes the gate, or takes the system's question back while one is open. */
  onCancel: () => void;
  onSetUpAgain: () => void;
  onSubmit: (answers: ProofAnswer[]) => Promise<CodeFailure | null>;
  onAccepted: (way: UnlockWay) => void;
}

/** PIN or the system's own question, with a code before it where both are wanted. Enter sends, Esc cancels. */
export function ProofForm(props: ProofFormProps) {
  const { prompt, ways, system, serverName, onCancel } = props;
  const { t, w } = useWords();
  const id = useId();
  const entry = useProofEntry(props);
  const { current, hasCode, codeMethod, refusal } = entry;
  const codeField = useRef<{ focus(): void }>(null);
  const pinField = useRef<HTMLInputElement>(null);
  const mainButton = useRef<HTMLButtonElement>(null);
  const isPin = current?.way === 'pin';
  const isPrompting = prompt.prompting !== null;
  const { isBusy, typed } = entry;

  const focus = (part: EntryPart) => {
    if (part === 'code' && hasCode) codeField.current?.focus();
    else (pinField.current ?? mainButton.current)?.focus();
  };
  useFocusOnMissing(hasCode && !hasWholeCode(entry) ? 'code' : 'unlock', focus);
  useEntryFocus(entry.focusOn, focus);
  usePromptAtOnce(props.promptsAtOnce && current?.way === 'biometrics' && !hasCode, entry.submit);

  // What was said of a PIN does not belong beside another way, unless the PIN is gone for good.
  const isToldHere =
    refusal?.blamed !== 'unlock' ||
    entry.triedWay === null ||
    entry.triedWay === current?.way ||
    refusal.failure.code === 'pin-removed';
  const alerts = alertsOf();
  function alertsOf(): string[] {
    if (entry.lack === 'old-code') return [w.unlock.gate.codeTooOld];
    if (entry.lack === 'code') return [codeMethod === 'totp' ? t.code.sixDigits : t.code.emptyBackup];
    if (entry.lack === 'pin') return [w.unlock.pin.empty];
    if (refusal === null || !isToldHere) return [];
    return proofFailureSentences(
      refusal.failure,
      { codeMethod, blamed: refusal.blamed, serverName },
      { t, w },
    );
  }
  const isLastPin = isPin && entry.pinAttemptsLeft === 1 && !alerts.includes(w.unlock.pin.lastTry);
  const isCodeWrong = entry.lack?.endsWith('code') === true || refusal?.blamed === 'code';
  const isPinWrong = entry.lack === 'pin' || (alerts.length > 0 && refusal?.blamed === 'unlock');
  const checking = isPrompting ? system.waiting : w.unlock.pin.checking;

  const codeProps = {
    id: `${id}-code`,
    value: typed.code,
    onChange: entry.typeCode,
    isChecking: isBusy,
    isInvalid: isCodeWrong,
    describedBy: `${id}-hint ${id}-alert`,
    takesFocus: false,
    ref: codeField,
  };
  const codePart = (
    <>
      {codeMethod === 'totp' ? (
        <CodeField key="totp" label={t.code.totpLabel} {...codeProps} />
      ) : (
        <BackupCodeField key="backup-code" label={t.code.backupLabel} {...codeProps} />
      )}
      <p className="hint" id={`${id}-hint`}>
        {codeMethod === 'totp' ? w.unlock.gate.codeHint : t.code.backupHint}
      </p>
    </>
  );
  const unlockPart = isPin ? (
    <SecretField
      ref={pinField}
      label={w.unlock.pin.label}
      showLabel={w.unlock.pin.show}
      hideLabel={w.unlock.pin.hide}
      value={typed.unlock}
      onChange={entry.typePin}
      autoComplete="off"
      isReadOnly={isBusy}
      isBusy={isBusy}
      isInvalid={isPinWrong}
      describedBy={`${id}-alert ${id}-last`}
    />
  ) : (
    <p className="system-way">
      {hasCode && <strong>{system.name}</strong>}
      <span className="hint">{system.accepts}</span>
    </p>
  );

  return (
    <EntryForm onSubmit={entry.submit} onCancel={onCancel}>
      {current === null ? (
        <p>{w.unlock.gate.nothingWorks}</p>
      ) : hasCode ? (
        <ol className="proof-steps" aria-label={w.unlock.gate.steps}>
          <li>{codePart}</li>
          <li>{unlockPart}</li>
        </ol>
      ) : (
        unlockPart
      )}
      <p className="last-try" id={`${id}-last`}>
        {isLastPin ? w.unlock.pin.lastTry : ''}
      </p>
      <EntryMessages
        alertId={`${id}-alert`}
        alerts={alerts}
        wait={entry.wait}
        nextCode={entry.nextCode}
        spoken={isBusy ? checking : entry.told}
      />
      <div className="code-buttons" data-look={isPin ? undefined : 'system'}>
        {current === null ? (
          <Button ref={mainButton} look="primary" onPress={props.onSetUpAgain}>
            {w.unlock.gate.setUpAgain}
          </Button>
        ) : (
          <Button
            ref={mainButton}
            type="submit"
            look="primary"
            isBusy={isBusy}
            isDisabled={entry.wait.isWaiting}
          >
            {isPrompting ? system.waiting : isPin ? props.submitLabel : system.use}
          </Button>
        )}
        <Button onPress={onCancel}>{t.common.cancel}</Button>
      </div>
      <MethodList
        ways={otherWays()}
        isOpen={entry.unanswered > 1 || (refusal !== null && asksForAnotherWay(refusal.failure))}
      />
    </EntryForm>
  );

  function otherWays(): OtherWay[] {
    const unlocks = ways
      .filter(({ way }) => way !== current?.way)
      .map((each): OtherWay => {
        const name = each.way === 'pin' ? w.unlock.pin.name : system.name;
        if (each.why !== null) return { key: each.way, name, why: whyText(each.why, w) };
        return { key: each.way, name, choose: () => entry.chooseWay(each.way) };
      });
    const otherCode = codeMethod === 'totp' ? 'backup-code' : 'totp';
    const codes: OtherWay[] = hasCode
      ? [{ key: otherCode, name: t.code.methods[otherCode], choose: () => entry.chooseCode(otherCode) }]
      : [{ key: 'totp', name: t.code.methods.totp, why: w.unlock.why['not-asked'] }];
    const again: OtherWay = {
      key: 'again',
      name: w.unlock.gate.setUpAgain,
      hint: w.unlock.gate.setUpAgainHint,
      choose: props.onSetUpAgain,
    };
    return [...unlocks, ...codes, ...(current === null ? [] : [again])];
  }
}

/** At the first part that is missing when the form appears, and whenever the window comes forward. */
function useFocusOnMissing(missing: EntryPart, focus: (part: EntryPart) => void): void {
  const latest = useRef({ missing, focus });
  latest.current = { missing, focus };
  useEffect(() => {
    const comeForward = () => latest.current.focus(latest.current.missing);
    comeForward();
    window.addEventListener('focus', comeForward);
    return () => window.removeEventListener('focus', comeForward);
  }, []);
}

/** Once, when the gate opens before somebody's eyes; later only a click asks the system (ux.md, rule 18). */
function usePromptAtOnce(isWanted: boolean, submit: () => void): void {
  const isDone = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what holds when the form appears
  useEffect(() => {
    if (isDone.current) return;
    isDone.current = true;
    if (isWanted && document.visibilityState === 'visible' && document.hasFocus()) submit();
  }, []);
}
