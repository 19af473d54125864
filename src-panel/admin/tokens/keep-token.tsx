import type { PanelApiToken } from '../../../src-shared/panel/api-tokens.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { keepApiToken } from '../api/tokens-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';

interface KeepTokenProps {
  token: PanelApiToken;
  onDone: (text: string) => void;
  onCancel: () => void;
}

/** Asks before a token outlives whoever made it, or ends with them again. */
export function KeepToken({ token: { id, name, isKept }, onDone, onCancel }: KeepTokenProps) {
  const words = useAdminWords().a.tokens;
  return (
    <ConfirmDialog
      title={(isKept ? words.unkeepTitle : words.keepTitle)(name)}
      text={isKept ? words.unkeepText : words.keepText}
      confirmLabel={isKept ? words.unkeep : words.keep}
      look="primary"
      onConfirm={() => keepApiToken(id, !isKept)}
      onDone={() => onDone((isKept ? words.unkeptNow : words.keptNow)(name))}
      onCancel={onCancel}
    />
  );
}
