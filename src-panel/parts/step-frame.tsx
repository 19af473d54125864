import { createContext, type ReactNode, useContext, useId } from 'react';
import { Door } from '../../src-ui/parts/door.tsx';
import { Modal } from '../../src-ui/parts/modal.tsx';

/** Whether steps stand over a page that must stay as it is. */
const OverPage = createContext(false);
export const OverPageProvider = OverPage.Provider;

interface StepFrameProps {
  title: string;
  text?: string | undefined;
  isWide?: boolean;
  children: ReactNode;
}

/** One step of a sign-in or a set-up: a page of its own, or a dialog over the page that it interrupts. */
export function StepFrame({ title, text, isWide = false, children }: StepFrameProps) {
  const isOverPage = useContext(OverPage);
  const id = useId();
  if (!isOverPage)
    return (
      <Door title={title} isWide={isWide} {...(text === undefined ? {} : { text })}>
        {children}
      </Door>
    );
  return (
    // There is no way back to the page but to sign in.
    <Modal key={title} titleId={id} onCancel={() => undefined}>
      <h2 id={id}>{title}</h2>
      {text && <p className="dialog-text">{text}</p>}
      {children}
    </Modal>
  );
}
