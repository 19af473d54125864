import { useEffect, useState } from 'react';
import { useLanguage } from '../strings/use-strings.ts';
import { useSurroundings } from '../surroundings.ts';
import { Button } from './button.tsx';

const SHOWN_MS = 3000;

/** Copies `text` and says so for a moment. */
export function CopyButton({ text }: { text: string }) {
  const { t } = useLanguage();
  const { copy } = useSurroundings();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <>
      <Button onPress={() => void copy(text).then(setCopied)}>
        {isCopied ? t.common.copied : t.common.copy}
      </Button>
      <span className="visually-hidden" role="status">
        {isCopied ? t.common.copied : ''}
      </span>
    </>
  );
}
