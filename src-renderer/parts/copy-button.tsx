import { useEffect, useState } from 'react';
import { useCommand } from '../store/use-command.ts';
import { useLanguage } from '../strings/use-strings.ts';
import { Button } from './button.tsx';

const SHOWN_MS = 3000;

/** Copies `text` and says so for a moment. */
export function CopyButton({ text }: { text: string }) {
  const { t } = useLanguage();
  const copy = useCommand('clipboard.write');
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <>
      <Button
        isBusy={copy.isBusy}
        onPress={() => void copy.run({ text }).then((answer) => setCopied(answer.ok))}
      >
        {isCopied ? t.common.copied : t.common.copy}
      </Button>
      <span className="visually-hidden" role="status">
        {isCopied ? t.common.copied : ''}
      </span>
    </>
  );
}
