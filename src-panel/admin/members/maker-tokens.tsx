import { CheckList } from '../parts/check-list.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

interface MakerTokensProps {
  /** Names of the API tokens that the member made and that end with them. */
  tokens: readonly string[];
  isKept: boolean;
  onChange: (isKept: boolean) => void;
}

/** Whether the API tokens of who is blocked, removed or demoted work on; nothing where there are none. */
export function MakerTokens({ tokens, isKept, onChange }: MakerTokensProps) {
  const { a } = useAdminWords();
  if (tokens.length === 0) return null;
  const keep = { value: 'keep', name: a.member.keepTokens, text: tokens.join(', ') } as const;
  return (
    <CheckList
      label={a.member.tokensEnd(tokens.length)}
      options={[keep]}
      values={isKept ? ['keep'] : []}
      error={null}
      onChange={(values) => onChange(values.includes('keep'))}
    />
  );
}
