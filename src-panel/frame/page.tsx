import { type ReactNode, useEffect } from 'react';
import { useSession } from '../store/session-store.ts';

interface PageProps {
  title: string;
  text?: string | undefined;
  /** Buttons beside the title. */
  actions?: ReactNode;
  /** As wide as there is room, for tables. */
  isWide?: boolean;
  children: ReactNode;
}

/** The frame of one page: its heading, which is also the title of the window, and its parts below. */
export function Page({ title, text, actions, isWide = false, children }: PageProps) {
  const { serverName } = useSession();
  useEffect(() => {
    document.title = `${title} · ${serverName}`;
  }, [title, serverName]);
  return (
    <div className="page" data-wide={isWide || undefined}>
      <div className="page-head">
        <div className="page-words">
          <h1>{title}</h1>
          {text && <p className="page-text">{text}</p>}
        </div>
        {actions && <div className="row">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
