import { type ReactNode, useLayoutEffect, useRef } from 'react';

interface ModalProps {
  titleId: string;
  /** Esc, and nothing else, asks to close; whoever shows the dialog decides. */
  onCancel: () => void;
  children: ReactNode;
}

/**
 * The browser's own modal dialog: the page behind it is inert, focus stays inside and goes back to where it was.
 * It is open for as long as it is rendered.
 */
export function Modal({ titleId, onCancel, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closed before it leaves the document: only then does focus go back to the opener.
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="modal"
      aria-labelledby={titleId}
      onKeyDown={(event) => {
        // Before the browser's own handling, which closes for good at the second Esc.
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onCancel();
      }}
      onCancel={(event) => event.preventDefault()}
    >
      {children}
    </dialog>
  );
}
