import { Button } from '../../../src-ui/parts/button.tsx';
import { CopyField } from '../../parts/copy-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';

interface ShownOnceProps {
  title: string;
  text: string;
  label: string;
  secret: string;
  /** "I have copied it": the only way out, so that Esc does not lose what cannot be shown again. */
  understood: string;
  onDone: () => void;
}

/** A secret that the server shows this once and keeps only as a hash. */
export function ShownOnce({ title, text, label, secret, understood, onDone }: ShownOnceProps) {
  return (
    <Dialog title={title} text={text} onCancel={() => undefined}>
      <CopyField label={label} text={secret} />
      <div className="dialog-buttons">
        <Button look="primary" onPress={onDone}>
          {understood}
        </Button>
      </div>
    </Dialog>
  );
}
