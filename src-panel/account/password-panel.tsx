import { useId, useState } from 'react';
import { Button } from '../../src-ui/parts/button.tsx';
import { useWords } from '../strings/use-words.ts';
import { PasswordForm } from './password-form.tsx';

/** The password, changed in place. */
export function PasswordPanel({ onDone }: { onDone: (note: string) => void }) {
  const { w } = useWords();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <section className="panel account-panel" aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <h2 id={`${id}-title`}>{w.security.password}</h2>
      </div>
      <p>{w.security.passwordText}</p>
      {isOpen ? (
        <PasswordForm
          onCancel={() => setOpen(false)}
          onDone={() => {
            setOpen(false);
            onDone(w.security.passwordChanged);
          }}
        />
      ) : (
        <div className="row">
          <Button onPress={() => setOpen(true)}>{w.security.changePassword}</Button>
        </div>
      )}
    </section>
  );
}
