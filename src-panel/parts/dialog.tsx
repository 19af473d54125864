import { type ReactNode, useId } from 'react';
import { Modal } from '../../src-ui/parts/modal.tsx';

interface DialogProps {
  title: string;
  text?: string;
  onCancel: () => void;
  children: ReactNode;
}

/** A question over the page. Esc cancels; focus goes back to where it was. */
export function Dialog({ title, text, onCancel, children }: DialogProps) {
  const id = useId();
  return (
    <Modal titleId={id} onCancel={onCancel}>
      <h2 id={id}>{title}</h2>
      {text && <p className="dialog-text">{text}</p>}
      {children}
    </Modal>
  );
}
