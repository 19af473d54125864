import { Door } from '../../../src-ui/parts/door.tsx';
import { NewPasswordForm } from '../../../src-ui/parts/new-password-form.tsx';
import { useDropOnLock } from '../../../src-ui/store/use-lock.ts';
import { useWords } from '../../strings/use-words.ts';

/** A temporary password was right; one's own takes its place. After that the next snapshot takes this screen away. */
export function NewPasswordStep({ onCancel }: { onCancel: () => void }) {
  const { t } = useWords();
  // Main forgets the sign-in, too.
  useDropOnLock(onCancel);
  return (
    <Door title={t.newPassword.title} text={t.newPassword.text}>
      <NewPasswordForm
        onCancel={onCancel}
        onSubmit={async (password) => {
          const answer = await window.postern.invoke('session.sign-in-new-password', { password });
          return answer.ok ? null : answer.problem;
        }}
      />
    </Door>
  );
}
