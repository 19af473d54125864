import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Result } from '../../src-shared/problem.ts';
import { Button } from '../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../src-ui/parts/text-field.tsx';
import { useAction } from '../store/use-action.ts';
import { useWords } from '../strings/use-words.ts';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps<T> {
  title: string;
  text: string;
  /** Says what happens, e.g. "Remove". */
  confirmLabel: string;
  look?: 'danger' | 'primary';
  /** Has to be typed first, for what cannot be undone. */
  typed?: string;
  /** Further fields. */
  children?: ReactNode;
  onConfirm: () => Promise<Result<T>>;
  onDone: (value: T) => void;
  onCancel: () => void;
}

/** Asks once more before something is done, does it, and stays with the reason when it was refused. */
export function ConfirmDialog<T>(props: ConfirmDialogProps<T>) {
  const { w } = useWords();
  const { run, isBusy, problem } = useAction(props.onConfirm);
  const [word, setWord] = useState('');
  const isTyped = props.typed === undefined || word.trim() === props.typed;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  async function confirm(): Promise<void> {
    if (isBusy || !isTyped) return;
    const answer = await run();
    if (answer.ok) props.onDone(answer.value);
  }
  return (
    <Dialog title={props.title} text={props.text} onCancel={props.onCancel}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        {props.children}
        {props.typed !== undefined && (
          <TextField
            ref={field}
            label={w.common.typeToConfirm(props.typed)}
            value={word}
            autoComplete="off"
            onChange={setWord}
          />
        )}
        <ProblemNote problem={problem} />
        <div className="dialog-buttons">
          <Button onPress={props.onCancel}>{w.common.cancel}</Button>
          <Button type="submit" look={props.look ?? 'danger'} isBusy={isBusy} isDisabled={!isTyped}>
            {props.confirmLabel}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
